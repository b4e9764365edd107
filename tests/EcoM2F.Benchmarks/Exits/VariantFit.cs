using EcoM2F.Recipe.Adapters;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Benchmarks.Exits;

/// <summary>Fits a variant for one exit with the penalty that errs least on held-out photographs; a low rank takes the full map's.</summary>
internal static class VariantFit
{
    /// <param name="exit">Its place among the exits.</param>
    public static FeatureMap Fit(MapVariant variant, int exit, FeatureSums fit, FeatureSums heldOut)
    {
        var target = variant.ThenLastLayer ? FeatureSums.LayerBefore : FeatureSums.LastLayer;
        IReadOnlyList<int>[] blocks = [.. Enumerable.Range(0, fit.Levels).Select(level => BlocksOf(variant, level))];
        FeatureRidge[] ridges = [.. blocks.Select((inputs, level) => new FeatureRidge(fit.Part(exit, level, inputs, target)))];
        Moments[] judges = [.. blocks.Select((inputs, level) => heldOut.Part(exit, level, inputs, target))];
        var penalty = AdapterSolver.Penalties.AsParallel().AsOrdered()
            .Select(value => (Penalty: value, Error: ridges.Select((ridge, level) => judges[level].SquaredError(ridge.Fit(value)).Sum()).Sum()))
            .MinBy(static choice => choice.Error).Penalty;
        return new FeatureMap([.. ridges.Select((ridge, level) => (blocks[level], variant.Rank is { } rank ? ridge.Fit(penalty, rank) : ridge.Fit(penalty)))]);
    }

    /// <summary>The coarsest level, which is the first, has none to read from.</summary>
    private static IReadOnlyList<int> BlocksOf(MapVariant variant, int level) =>
        variant.Extra is { } extra && (extra != TokenFeatures.Coarser || level > 0) ? [TokenFeatures.Own, extra] : [TokenFeatures.Own];
}
