using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Gates;

/// <summary>Whether a gate is worth having: its mean utility on images that it did not see against the best static depth's.</summary>
/// <param name="Prices">One for a classifier, the prices that it was asked about for a utility gate.</param>
/// <param name="Difference">PQ points, gate less best static depth at the same price, in the mean over the prices; paired bootstrap over images.</param>
/// <param name="AgainstFull">PQ points of quality, gate less the deepest exit, in the mean over the prices.</param>
public sealed record GateJudgement(IReadOnlyList<PriceJudgement> Prices, PairedDifference Difference, PairedDifference AgainstFull)
{
    /// <summary>The lower end of the interval is above zero.</summary>
    public bool IsWorthIt => Difference.Low > 0;

    /// <param name="prices">Betas, and which exit was chosen for each image.</param>
    internal static GateJudgement Of(GateData data, IReadOnlyList<(double Beta, int[] Choices)> prices, ulong seed, CancellationToken cancellationToken)
    {
        var judgements = prices.Select(price => PriceJudgement.Of(data, price.Choices, price.Beta)).ToArray();
        var (gate, rival) = (new double[data.Images], new double[data.Images]);
        var (quality, full) = (new double[data.Images], new double[data.Images]);
        for (var p = 0; p < prices.Count; p++)
        {
            for (var image = 0; image < data.Images; image++)
            {
                var chosen = prices[p].Choices[image];
                gate[image] += data.Utility(image, chosen, prices[p].Beta) / prices.Count;
                rival[image] += data.Utility(image, judgements[p].Best, prices[p].Beta) / prices.Count;
                quality[image] += 100 * data.Quality(image)[chosen] / prices.Count;
                full[image] = 100 * data.Quality(image)[^1];
            }
        }

        return new GateJudgement(judgements, Difference(gate, rival), Difference(quality, full));

        PairedDifference Difference(double[] policy, double[] against) =>
            Bootstrap.Difference(new MeanMetric(policy), new MeanMetric(against), seed, cancellationToken);
    }
}
