using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>
/// A gate's choice: argmax of a classifier's scores (ECO-M2F's step C), or of <see cref="UtilityRule"/>. Ties go to the cheaper point. A gate with
/// points of its own chooses among what constraints leave by the same rule; one over the exits of the own size takes the most expensive point
/// that costs no more than its choice, and so does a guard's fallback.
/// </summary>
internal sealed class GateRule : IPointRule
{
    private readonly GateProfile _gate;
    private readonly PlanningContext _context;
    private readonly Dictionary<GatePoint, float> _scores;
    private readonly bool _isGuarded;

    /// <param name="scores">One per point of the gate; with a guard, then the leverage of the image's feature.</param>
    public GateRule(GateProfile gate, PlanningContext context, ReadOnlySpan<float> scores)
    {
        (_gate, _context) = (gate, context);
        var points = context.Model.PointsOf(gate);
        _scores = new Dictionary<GatePoint, float>(points.Count);
        for (var i = 0; i < points.Count; i++)
        {
            _scores.Add(points[i], scores[i]);
        }

        _isGuarded = gate.Guard is { } guard && !(scores[points.Count] <= guard.MaxLeverage); // not a number: unlike anything
    }

    public (ComputePoint Point, ComputeReason Reason) Propose(IReadOnlyList<ComputePoint> points) => _isGuarded
        ? (points.First(point => point.Key == _gate.Guard!.Fallback), ComputeReason.Fallback)
        : (Best(Covered(points)), ComputeReason.Gate);

    public ComputePoint Among(IReadOnlyList<ComputePoint> points, ComputePoint before)
    {
        var covered = Covered(points);
        return covered.Count == 0 ? Nearest(points, before)
            : _isGuarded || _gate.Points is null ? Nearest(covered, before)
            : Best(covered);
    }

    private List<ComputePoint> Covered(IReadOnlyList<ComputePoint> points) => [.. points.Where(point => _scores.ContainsKey(point.Key))];

    private ComputePoint Best(List<ComputePoint> points)
    {
        var (best, bestValue) = (points[0], double.NegativeInfinity);
        foreach (var point in points)
        {
            var score = _scores[point.Key];
            var value = _gate.Kind == GateProfile.Utility ? UtilityRule.Of(score, _context.Budget.Beta ?? 0, _context.LayerEquivalents(point)) : score;
            if (value > bestValue)
            {
                (best, bestValue) = (point, value);
            }
        }

        return best;
    }

    /// <summary>The most expensive point that costs no more than the choice, else the cheapest.</summary>
    private ComputePoint Nearest(IReadOnlyList<ComputePoint> points, ComputePoint choice) =>
        points.Where(point => _context.Gmacs(point) <= _context.Gmacs(choice)).DefaultIfEmpty(points[0]).Last();
}
