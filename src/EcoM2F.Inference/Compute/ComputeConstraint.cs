using System.Globalization;
using EcoM2F.Inference.Errors;

namespace EcoM2F.Inference.Compute;

/// <summary>
/// A rule that may remove some of an image's compute points, and the reason that the answer gives if the rule changed the choice.
/// <see cref="InOrder"/> lists them all: a new constraint is an entry there.
/// </summary>
/// <param name="Narrow">Returns the remaining points, cheapest first; at least one.</param>
internal sealed record ComputeConstraint(ComputeReason Reason, Func<IReadOnlyList<ComputePoint>, PlanningContext, IReadOnlyList<ComputePoint>> Narrow)
{
    /// <summary>The request's constraints first, then the operator's, then the deadline.</summary>
    public static IReadOnlyList<ComputeConstraint> InOrder { get; } =
    [
        new(ComputeReason.Forced, static (points, context) => Where(points, context.Budget.Depth, static (point, depth) => point.Depth == depth)),
        new(ComputeReason.MinDepth, static (points, context) => Where(points, context.Budget.MinDepth, static (point, depth) => point.Depth >= depth)),
        new(ComputeReason.MaxDepth, static (points, context) => Where(points, context.Budget.MaxDepth, static (point, depth) => point.Depth <= depth)),
        new(ComputeReason.MaxGmacs, WithinGmacs),
        new(ComputeReason.Operator, WithinOperatorCaps),
        new(ComputeReason.Deadline, WithinDeadline),
    ];

    private static IReadOnlyList<ComputePoint> Where(IReadOnlyList<ComputePoint> points, int? limit, Func<ComputePoint, int, bool> keeps) =>
        limit is { } value ? [.. points.Where(point => keeps(point, value))] : points;

    private static IReadOnlyList<ComputePoint> WithinGmacs(IReadOnlyList<ComputePoint> points, PlanningContext context)
    {
        if (context.Budget.MaxGmacs is not { } limit)
        {
            return points;
        }

        var affordable = points.Where(point => context.Costs.Gmacs(point) <= limit).ToList();
        if (affordable.Count > 0)
        {
            return affordable;
        }

        var smallest = Math.Ceiling(context.Costs.Gmacs(points[0]) * 1000) / 1000;
        throw ModelBudget.Bad("max-gmacs", string.Create(
            CultureInfo.InvariantCulture,
            $"No exit of model '{context.Model.Name}' fits in {limit} GMACs for this image ({points[0].Input.Height} x {points[0].Input.Width} at the model's input); the smallest possible value is {smallest}."));
    }

    /// <summary>The operator's caps take precedence over the request: if none of its points keeps them, the most expensive of the model's points that does is used, else the cheapest.</summary>
    private static IReadOnlyList<ComputePoint> WithinOperatorCaps(IReadOnlyList<ComputePoint> points, PlanningContext context)
    {
        var caps = context.Operator;
        if (caps.MaxDepth is null && caps.MaxGmacs is null)
        {
            return points;
        }

        var within = points.Where(Keeps).ToList();
        return within.Count > 0 ? within
            : context.Points.Any(Keeps) ? [context.Points.Last(Keeps)]
            : [context.Points[0]];

        bool Keeps(ComputePoint point) =>
            point.Depth <= (caps.MaxDepth ?? int.MaxValue) && context.Costs.Gmacs(point) <= (caps.MaxGmacs ?? double.MaxValue);
    }

    private static IReadOnlyList<ComputePoint> WithinDeadline(IReadOnlyList<ComputePoint> points, PlanningContext context)
    {
        var time = context.Time;
        var inTime = points.Where(time.Allows).ToList();
        return inTime.Count > 0 ? inTime
            : time.TryAdmitTrial() ? [points[0]]
            : throw new SegmentationException(
                SegmentationError.DeadlineExceeded,
                FormattableString.Invariant($"{time.UntilDeadline.GetValueOrDefault().TotalMilliseconds:0} ms are left until the deadline; this image takes about {time.Needed(points[0]).GetValueOrDefault().TotalMilliseconds:0} ms more at the shallowest allowed exit."),
                "deadline-ms");
    }
}
