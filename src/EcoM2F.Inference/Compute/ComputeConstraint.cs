using System.Globalization;
using EcoM2F.Inference.Errors;

namespace EcoM2F.Inference.Compute;

/// <summary>
/// A rule that may remove some of an image's compute points, and the reason that the answer gives if the rule changed the choice.
/// <see cref="InOrder"/> lists them all: a new constraint is an entry there.
/// </summary>
/// <param name="Narrow">Returns the remaining points, cheapest first; none where the image cannot be served so.</param>
/// <param name="Refusal">What is wrong then, from the points that the rule removed. Null: the rule always leaves some.</param>
internal sealed record ComputeConstraint(
    ComputeReason Reason,
    Func<IReadOnlyList<ComputePoint>, PlanningContext, IReadOnlyList<ComputePoint>> Narrow,
    Func<IReadOnlyList<ComputePoint>, PlanningContext, SegmentationException>? Refusal = null)
{
    /// <summary>The request's constraints first, then the operator's, the deadline, and load.</summary>
    public static IReadOnlyList<ComputeConstraint> InOrder { get; } =
    [
        new(ComputeReason.Forced, Forced),
        new(ComputeReason.MinSize, static (points, context) => Where(points, context.Budget.MinSize, static (point, size) => point.Size >= size)),
        new(ComputeReason.MaxSize, static (points, context) => Where(points, context.Budget.MaxSize, static (point, size) => point.Size <= size)),
        new(ComputeReason.MinDepth, static (points, context) => Where(points, context.Budget.MinDepth, static (point, depth) => point.Depth >= depth)),
        new(ComputeReason.MaxDepth, static (points, context) => Where(points, context.Budget.MaxDepth, static (point, depth) => point.Depth <= depth)),
        new(ComputeReason.MaxGmacs, static (points, context) => Where(points, context.Budget.MaxGmacs, (point, limit) => context.Gmacs(point) <= limit), TooFewGmacs),
        new(ComputeReason.Operator, WithinOperatorCaps),
        new(ComputeReason.Deadline, static (points, context) => [.. points.Where(context.Allows)], TooLate),
        new(ComputeReason.Brownout, WithinLoad),
    ];

    private static IReadOnlyList<ComputePoint> Where<T>(IReadOnlyList<ComputePoint> points, T? limit, Func<ComputePoint, T, bool> keeps)
        where T : struct => limit is { } value ? [.. points.Where(point => keeps(point, value))] : points;

    /// <summary>A depth without a size is one at the model's own size, and without a decoder depth one with the whole decoder.</summary>
    private static IReadOnlyList<ComputePoint> Forced(IReadOnlyList<ComputePoint> points, PlanningContext context)
    {
        var (budget, full) = (context.Budget, context.Model.FullPoint);
        var ofDepth = Where(points, budget.Depth, static (point, wanted) => point.Depth == wanted);
        var ofSize = Where(ofDepth, budget.Size ?? (budget.Depth is null ? null : full.Size), static (point, wanted) => point.Size == wanted);
        return Where(ofSize, budget.DecoderDepth ?? (budget.Depth is null ? null : full.DecoderDepth), static (point, wanted) => point.DecoderDepth == wanted);
    }

    private static SegmentationException TooFewGmacs(IReadOnlyList<ComputePoint> points, PlanningContext context)
    {
        var smallest = Math.Ceiling(context.Gmacs(points[0]) * 1000) / 1000;
        return ModelBudget.Bad("max-gmacs", string.Create(
            CultureInfo.InvariantCulture,
            $"No exit of model '{context.Model.Name}' fits in {context.Budget.MaxGmacs} GMACs for this image ({points[0].Input.Height} x {points[0].Input.Width} at the model's input); the smallest possible value is {smallest}."));
    }

    /// <summary>
    /// The operator's caps take precedence over the request: if none of its points keeps them, the most expensive of the model's points that does
    /// is used, of the request's sizes where there is one, else the cheapest.
    /// </summary>
    private static IReadOnlyList<ComputePoint> WithinOperatorCaps(IReadOnlyList<ComputePoint> points, PlanningContext context)
    {
        var caps = context.Operator;
        if (caps.MaxDepth is null && caps.MaxGmacs is null)
        {
            return points;
        }

        var within = points.Where(Keeps).ToList();
        if (within.Count > 0)
        {
            return within;
        }

        var all = context.Points.Where(Keeps).ToList();
        var ofSize = all.Where(point => points.Any(asked => asked.Size == point.Size)).ToList();
        return [ofSize.Count > 0 ? ofSize[^1] : all.Count > 0 ? all[^1] : context.Points[0]];

        bool Keeps(ComputePoint point) =>
            point.Depth <= (caps.MaxDepth ?? int.MaxValue) && context.Gmacs(point) <= (caps.MaxGmacs ?? double.MaxValue);
    }

    /// <summary>
    /// Where no point is within what load leaves, the cheapest. A size that was capped before its stem ran stays so when the load has passed: no
    /// other input can be made any more.
    /// </summary>
    private static IReadOnlyList<ComputePoint> WithinLoad(IReadOnlyList<ComputePoint> points, PlanningContext context)
    {
        var possible = Where(points, context.Only, static (point, input) => point.Input == input);
        var within = possible.Where(context.LoadAllows).ToList();
        return within.Count > 0 ? within : [possible[0]];
    }

    private static SegmentationException TooLate(IReadOnlyList<ComputePoint> points, PlanningContext context)
    {
        var left = context.Time.UntilDeadline.GetValueOrDefault().TotalMilliseconds;
        var needed = points.Min(context.Needed).GetValueOrDefault().TotalMilliseconds;
        var cheapest = context.Model.HasSizes ? "at the fastest allowed size and exit" : "at the shallowest allowed exit";
        return new SegmentationException(
            SegmentationError.DeadlineExceeded,
            FormattableString.Invariant($"{left:0} ms are left until the deadline; this image takes about {needed:0} ms more {cheapest}."),
            "deadline-ms");
    }
}
