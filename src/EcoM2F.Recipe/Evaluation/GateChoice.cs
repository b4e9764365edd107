using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Derive;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>What a gate of the model chooses, by the rule of the service: a classifier's highest score, a utility gate's highest utility, the fallback where the guard says so.</summary>
/// <param name="name">Its profile.</param>
/// <param name="beta">Price for a utility gate, PQ points per layer.</param>
/// <param name="guarded">Whether its guard counts, where it has one.</param>
internal sealed class GateChoice(MeasuredSet set, string name, double beta, bool guarded)
{
    private readonly GateProfile _gate = set.Model.Gates!.Profiles[name];
    private readonly IReadOnlyList<GatePoint> _points = set.Model.Gates!.Profiles[name].Points ?? [.. set.Model.Exits.Select(exit => new GatePoint(set.Model.OwnSize, exit))];

    /// <summary>Whether the gate does not decide about the image.</summary>
    public bool IsFallback(MeasuredImage image) => guarded && _gate.Guard is { } guard && image.Gates[name][^1] > guard.MaxLeverage;

    /// <param name="isAllowed">Points to choose among.</param>
    /// <returns>Index of the point.</returns>
    public int Of(MeasuredImage image, Predicate<GatePoint>? isAllowed = null)
    {
        var known = image.Points.Select(static point => new GatePoint(point.Size, point.Depth)).ToList();
        if (isAllowed is null && IsFallback(image))
        {
            return known.IndexOf(_gate.Guard!.Fallback);
        }

        var (costs, scores) = (set.Costs(image, probe: _gate.Points is not null), image.Gates[name]);
        var (best, most) = (-1, double.NegativeInfinity);
        for (var i = 0; i < _points.Count; i++)
        {
            var index = known.IndexOf(_points[i]);
            var value = _gate.Kind == GateProfile.Utility ? UtilityRule.Of(scores[i], beta, costs[index]) : scores[i];
            if (value > most && isAllowed?.Invoke(_points[i]) != false)
            {
                (best, most) = (index, value);
            }
        }

        return best;
    }
}
