namespace EcoM2F.Inference.Compute;

/// <summary>
/// The choice where no gate runs: what the request forces; else the deepest exit at the model's own size, and under constraints the point of the
/// highest cost that is not larger than that size. Larger sizes are for requests that leave nothing else.
/// </summary>
internal sealed class UngatedRule(PlanningContext context) : IPointRule
{
    public (ComputePoint Point, ComputeReason Reason) Propose(IReadOnlyList<ComputePoint> points)
    {
        var (size, depth) = (context.Budget.Size ?? context.Model.OwnSize, context.Budget.Depth ?? context.Model.MaxDepth);
        var isForced = context.Budget.Size is not null || context.Budget.Depth is not null;
        return (points.First(point => point.Size == size && point.Depth == depth), isForced ? ComputeReason.Forced : ComputeReason.Default);
    }

    public ComputePoint Among(IReadOnlyList<ComputePoint> points, ComputePoint before) =>
        points.Where(point => point.Size <= context.Model.OwnSize).DefaultIfEmpty(points[^1]).Last();
}
