using System.Numerics.Tensors;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Gates;

/// <summary>
/// Whether a gate is worth having, on images that it did not see. A gate over exits: its mean utility against the best static depth's. A gate
/// over points: its mean quality against that of the best fixed point that costs no more GMACs. On agreement neither says anything, because the
/// deepest exit agrees with itself and any mixture with it looks good: there its mean agreement against that of its own choices at random.
/// </summary>
/// <param name="Prices">One for a classifier, the prices that it was asked about for a utility gate.</param>
/// <param name="Difference">PQ points, gate less its rival at the same price, in the mean over the prices; paired bootstrap over images.</param>
/// <param name="AgainstFull">PQ points of quality, gate less the deepest exit at the own size, in the mean over the prices.</param>
/// <param name="HasPoints">Whether the gate is over points, so that the difference is one of quality.</param>
public sealed record GateJudgement(IReadOnlyList<PriceJudgement> Prices, PairedDifference Difference, PairedDifference AgainstFull, bool HasPoints = false)
{
    /// <summary>Utility less that of the same gate with one size for all images; null unless it chooses sizes.</summary>
    public PairedDifference? AgainstDepthAlone { get; init; }

    /// <summary>Utility less that of the same gate with one depth for all images; null unless it chooses sizes.</summary>
    public PairedDifference? AgainstSizeAlone { get; init; }

    /// <summary>Quality, PQ points, less that of the gate's own choices assigned to images at random: whether it knows which image needs what.</summary>
    public PairedDifference AgainstRandom { get; init; } = None;

    /// <summary>Whether quality is agreement with the model's own full result.</summary>
    public bool IsAgreement { get; init; }

    /// <summary>The difference that decides.</summary>
    public PairedDifference Deciding => IsAgreement ? AgainstRandom : Difference;

    /// <summary>The lower end of its interval is above zero.</summary>
    public bool IsWorthIt => Deciding.Low > 0;

    /// <summary>Index of the point that the gate is compared with.</summary>
    public int Rival(PriceJudgement price) => HasPoints ? price.BestAffordable : price.Best;

    internal static GateJudgement Of(GateData data, IReadOnlyList<HeldOutChoices> prices, ulong seed, CancellationToken cancellationToken)
    {
        var judgements = prices.Select(price => price.Judge(data)).ToArray();
        var result = new GateJudgement(judgements, None, None, data.HasPoints);
        var (gate, rival, quality, full) = (new double[data.Images], new double[data.Images], new double[data.Images], new double[data.Images]);
        var (utility, depthAlone, sizeAlone) = (new double[data.Images], new double[data.Images], new double[data.Images]);
        var (fixedPoints, random) = (data.WithoutProbe(), new double[data.Images]);
        for (var p = 0; p < prices.Count; p++)
        {
            var (price, against) = (prices[p], result.Rival(judgements[p]));
            double[] shares = [.. judgements[p].Gate.Chosen.Select(count => (double)count / data.Images)];
            for (var image = 0; image < data.Images; image++)
            {
                var chosen = price.Gate[image];
                gate[image] += Worth(data, image, chosen, price.Beta) / prices.Count;
                rival[image] += Worth(fixedPoints, image, against, price.Beta) / prices.Count;
                quality[image] += 100 * data.Quality(image)[chosen] / prices.Count;
                random[image] += 100 * TensorPrimitives.Dot<double>(data.Quality(image), shares) / prices.Count;
                full[image] = 100 * data.Quality(image)[data.Full];
                utility[image] += data.Utility(image, chosen, price.Beta) / prices.Count;
                depthAlone[image] += price.DepthAlone is { } depth ? data.Utility(image, depth[image], price.Beta) / prices.Count : 0;
                sizeAlone[image] += price.SizeAlone is { } size ? data.Utility(image, size[image], price.Beta) / prices.Count : 0;
            }
        }

        return result with
        {
            Difference = Difference(gate, rival),
            AgainstFull = Difference(quality, full),
            AgainstRandom = Difference(quality, random),
            IsAgreement = data.IsAgreement,
            AgainstDepthAlone = prices[0].DepthAlone is null ? null : Difference(utility, depthAlone),
            AgainstSizeAlone = prices[0].SizeAlone is null ? null : Difference(utility, sizeAlone),
        };

        PairedDifference Difference(double[] policy, double[] against) =>
            Bootstrap.Difference(new MeanMetric(policy), new MeanMetric(against), seed, cancellationToken);
    }

    private static PairedDifference None { get; } = new(0, 0, 0);

    private static double Worth(GateData data, int image, int point, double beta) => data.HasPoints ? 100 * data.Quality(image)[point] : data.Utility(image, point, beta);
}
