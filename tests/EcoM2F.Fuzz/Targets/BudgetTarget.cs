using System.Text;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;

namespace EcoM2F.Fuzz.Targets;

/// <summary>The request header <c>Compute-Budget</c>.</summary>
internal static class BudgetTarget
{
    public const string Name = "budget";

    public static FuzzTarget Create() => new(
        Name,
        [.. ((string[])["profile=fast, max-depth=4, deadline-ms=1000", "beta=0.5", "depth=3", "min-depth=1, max-depth=6, max-gmacs=12.125", ""]).Select(Encoding.UTF8.GetBytes)],
        [.. ((string[])["profile", "beta=", "depth=", ", ", "=", ";a=1", "(1 2)", "\"text\"", ":YQ==:", "?1", "@1", "%\"a\"", "1.0000", "-"]).Select(Encoding.UTF8.GetBytes)],
        static input => ComputeBudgetParser.Parse(Encoding.Latin1.GetString(input)),
        static exception => exception is SegmentationException { Error: SegmentationError.BadBudget });
}
