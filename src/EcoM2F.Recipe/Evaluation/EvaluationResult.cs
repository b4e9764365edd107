using EcoM2F.Recipe.Thresholds;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>Policies side by side on one set.</summary>
/// <param name="Policies">Those that were asked for, in that order.</param>
/// <param name="Statics">Every point, in the order of points, whether asked for or not: what all others are measured by.</param>
/// <param name="Full">The deepest exit at the own size, one of them.</param>
/// <param name="Examples">Images where depth matters.</param>
/// <param name="SizeExamples">Images where the size matters; empty where there is one.</param>
public sealed record EvaluationResult(
    MeasuredSet Set,
    ulong Seed,
    IReadOnlyList<PolicyResult> Policies,
    IReadOnlyList<PolicyResult> Statics,
    PolicyResult Full,
    IReadOnlyList<PolicyComparison> Comparisons,
    IReadOnlyList<Calibration> Calibrations,
    IReadOnlyList<DepthExample> Examples,
    IReadOnlyList<DepthExample> SizeExamples)
{
    /// <summary>Score thresholds of single classes; null where none were asked for.</summary>
    public ThresholdTuning? Thresholds { get; init; }

    /// <summary>Fixed points that no other of no higher cost is better than, the cheapest first.</summary>
    internal IReadOnlyList<PolicyResult> Frontier(Func<PolicyResult, double> cost)
    {
        var frontier = new List<PolicyResult>();
        foreach (var point in Statics.Where(static point => double.IsFinite(point.Quality.Value)).OrderBy(cost).ThenByDescending(static point => point.Quality.Value))
        {
            if (frontier.Count == 0 || point.Quality.Value > frontier[^1].Quality.Value)
            {
                frontier.Add(point);
            }
        }

        return frontier;
    }
}
