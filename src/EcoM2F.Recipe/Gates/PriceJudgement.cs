namespace EcoM2F.Recipe.Gates;

/// <summary>A gate's choices on images that it did not see, beside what else could have been done with them, at one price.</summary>
/// <param name="Beta">PQ points per layer.</param>
/// <param name="Gate">The gate's own choices.</param>
/// <param name="Statics">Every image at one exit, by exit.</param>
/// <param name="Best">Index of the exit that was best for all of them in hindsight; of equals the shallow one.</param>
/// <param name="Oracle">Each image at its best exit: also how often each exit is the target.</param>
public sealed record PriceJudgement(double Beta, PolicyScore Gate, IReadOnlyList<PolicyScore> Statics, int Best, PolicyScore Oracle)
{
    public PolicyScore BestStatic => Statics[Best];

    /// <summary>Every image at the deepest exit.</summary>
    public PolicyScore Full => Statics[^1];

    /// <summary>PQ points that the gate loses against the deepest exit; below 0 where it is better.</summary>
    public double QualityLoss => 100 * (Full.Quality - Gate.Quality);

    internal static PriceJudgement Of(GateData data, ReadOnlySpan<int> choices, double beta)
    {
        var statics = PolicyScore.Statics(data, beta);
        var best = 0;
        for (var exit = 1; exit < statics.Length; exit++)
        {
            best = statics[exit].Utility > statics[best].Utility ? exit : best;
        }

        return new PriceJudgement(beta, PolicyScore.Of(data, choices, beta), statics, best, PolicyScore.Of(data, ExitChoice.Targets(data, beta), beta));
    }
}
