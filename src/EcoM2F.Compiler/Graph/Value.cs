namespace EcoM2F.Compiler.Graph;

/// <summary>A named tensor of a graph under construction.</summary>
internal readonly record struct Value(string Name)
{
    /// <summary>An optional input that is left out.</summary>
    public static Value None { get; } = new(string.Empty);
}
