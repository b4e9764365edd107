namespace EcoM2F.Fuzz.Targets;

/// <summary>All of them.</summary>
internal static class FuzzTargets
{
    private static readonly Dictionary<string, Func<FuzzTarget>> ByName = new(StringComparer.Ordinal)
    {
        [ImageTarget.Name] = ImageTarget.Create,
        [AcceptTarget.Name] = AcceptTarget.Create,
        [BudgetTarget.Name] = BudgetTarget.Create,
        [MultipartTarget.Name] = MultipartTarget.Create,
        [CocoTarget.Name] = CocoTarget.Create,
        [SafetensorsTarget.Name] = SafetensorsTarget.Create,
    };

    public static IReadOnlyList<string> Names { get; } = [.. ByName.Keys];

    public static FuzzTarget Create(string name) => ByName[name]();
}
