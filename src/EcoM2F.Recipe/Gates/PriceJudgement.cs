namespace EcoM2F.Recipe.Gates;

/// <summary>A gate's choices on images that it did not see, beside what else could have been done with them, at one price.</summary>
/// <param name="Beta">PQ points per layer.</param>
/// <param name="Gate">The gate's own choices.</param>
/// <param name="Statics">Every image at one point, by point; no probe is counted.</param>
/// <param name="Best">Index of the point that was best for all of them in hindsight; of equals the cheaper one.</param>
/// <param name="FullPoint">Index of the deepest exit at the own size.</param>
/// <param name="Oracle">Each image at its best point: also how often each point is the target.</param>
public sealed record PriceJudgement(double Beta, PolicyScore Gate, IReadOnlyList<PolicyScore> Statics, int Best, int FullPoint, PolicyScore Oracle)
{
    public PolicyScore BestStatic => Statics[Best];

    /// <summary>Every image at the deepest exit of the own size.</summary>
    public PolicyScore Full => Statics[FullPoint];

    /// <summary>The same gate with the size of <see cref="Best"/> for all images; null unless it chooses sizes.</summary>
    public PolicyScore? DepthAlone { get; init; }

    /// <summary>The same gate with the depth of <see cref="Best"/> for all images; null unless it chooses sizes.</summary>
    public PolicyScore? SizeAlone { get; init; }

    /// <summary>PQ points that the gate loses against the deepest exit at the own size; below 0 where it is better.</summary>
    public double QualityLoss => 100 * (Full.Quality - Gate.Quality);

    /// <summary>Index of the fixed point of highest quality among those that cost no more GMACs than the gate; the cheapest where none does.</summary>
    public int BestAffordable
    {
        get
        {
            // Sums over images in another order may differ in the last bits.
            const double Rounding = 1e-9;
            var best = Enumerable.Range(0, Statics.Count).MinBy(point => Statics[point].Gmacs);
            for (var point = 0; point < Statics.Count; point++)
            {
                best = Statics[point].Gmacs <= Gate.Gmacs * (1 + Rounding) && Statics[point].Quality > Statics[best].Quality ? point : best;
            }

            return best;
        }
    }

    /// <summary>Quality of the gate's own points assigned to images at random, in the mean over all ways to do so.</summary>
    public double RandomQuality => Gate.Chosen.Zip(Statics, static (count, fixedPoint) => count * fixedPoint.Quality).Sum() / Gate.Chosen.Sum();

    internal static PriceJudgement Of(GateData data, ReadOnlySpan<int> choices, double beta)
    {
        var fixedPoints = data.WithoutProbe();
        var statics = PolicyScore.Statics(fixedPoints, beta);
        var best = 0;
        for (var point = 1; point < statics.Length; point++)
        {
            best = statics[point].Utility > statics[best].Utility ? point : best;
        }

        return new PriceJudgement(beta, PolicyScore.Of(data, choices, beta), statics, best, data.Full, PolicyScore.Of(fixedPoints, ExitChoice.Targets(fixedPoints, beta), beta));
    }
}
