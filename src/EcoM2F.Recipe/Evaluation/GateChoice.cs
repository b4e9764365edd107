using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>What a gate of the model chooses, by the rule of the service: a classifier's highest score, a utility gate's highest utility, the fallback where the guard says so.</summary>
/// <param name="name">Its profile.</param>
/// <param name="beta">Price for a utility gate, PQ points per layer.</param>
/// <param name="guarded">Whether its guard counts, where it has one.</param>
internal sealed class GateChoice(MeasuredSet set, string name, double beta, bool guarded)
{
    private readonly GateProfile _gate = set.Model.Gates!.Profiles[name];
    private readonly IReadOnlyList<GatePoint> _points = set.Model.PointsOf(set.Model.Gates!.Profiles[name]);

    /// <summary>Whether the gate does not decide about the image.</summary>
    public bool IsFallback(MeasuredImage image) => guarded && _gate.Guard is { } guard && image.Gates[name][^1] > guard.MaxLeverage;

    /// <param name="isAllowed">Points to choose among.</param>
    /// <returns>Index of the point.</returns>
    public int Of(MeasuredImage image, Predicate<GatePoint>? isAllowed = null)
    {
        var known = image.Points.Select(static point => point.Key).ToList();
        if (isAllowed is null && IsFallback(image))
        {
            return known.IndexOf(_gate.Guard!.Fallback);
        }

        List<int> open = [.. Enumerable.Range(0, _points.Count).Where(point => isAllowed?.Invoke(_points[point]) != false)];
        double[] scores = [.. open.Select(point => (double)image.Gates[name][point])];
        var costs = set.Costs(image, probe: _gate.Points is not null);
        var best = _gate.Kind == GateProfile.Utility
            ? ExitChoice.Of(scores, [.. open.Select(point => costs[known.IndexOf(_points[point])])], beta)
            : ExitChoice.Of(scores);
        return known.IndexOf(_points[open[best]]);
    }
}
