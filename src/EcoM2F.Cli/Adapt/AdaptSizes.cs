using EcoM2F.Inference.Models;

namespace EcoM2F.Cli.Adapt;

/// <summary>The sizes that a model gets where none are named.</summary>
internal static class AdaptSizes
{
    /// <summary>Of the own size's shortest edge. Larger sizes cannot look better by agreement, whose reference is the own size.</summary>
    private static readonly double[] Shares = [0.6, 0.8];

    private const int Step = 32;

    /// <returns>As <see cref="Compiler.SizeList"/> has it; null where no other size is left, or none can be chosen.</returns>
    public static string? Default(PreprocessingSettings settings)
    {
        if (SizeRules.Own(settings) is not { } own)
        {
            return null;
        }

        var edges = Shares.Select(share => (int)Math.Round(own.ShortestEdge * share / Step) * Step)
            .Where(edge => edge >= SizeRules.MinEdge && edge <= own.ShortestEdge - Step).Distinct().ToList();
        return edges.Count == 0 ? null : string.Join(',', edges);
    }
}
