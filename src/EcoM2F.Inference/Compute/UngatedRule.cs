using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>
/// The choice where no gate runs: what the request forces; else the deepest exit at the model's own size with the whole decoder, and under constraints the point of the
/// highest cost that is not larger than that size. Larger sizes are for requests that leave nothing else.
/// </summary>
internal sealed class UngatedRule(PlanningContext context) : IPointRule
{
    public (ComputePoint Point, ComputeReason Reason) Propose(IReadOnlyList<ComputePoint> points)
    {
        var (budget, full) = (context.Budget, context.Model.FullPoint);
        var wanted = new GatePoint(budget.Size ?? full.Size, budget.Depth ?? full.Depth, budget.DecoderDepth ?? full.DecoderDepth);
        return (points.First(point => point.Key == wanted), budget is { Size: null, Depth: null, DecoderDepth: null } ? ComputeReason.Default : ComputeReason.Forced);
    }

    public ComputePoint Among(IReadOnlyList<ComputePoint> points, ComputePoint before) =>
        points.Where(point => point.Size <= context.Model.OwnSize).DefaultIfEmpty(points[^1]).Last();
}
