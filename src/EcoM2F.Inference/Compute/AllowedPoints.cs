namespace EcoM2F.Inference.Compute;

/// <summary>The compute points that a budget allows an image, before anything has run.</summary>
public sealed class AllowedPoints
{
    internal AllowedPoints(ModelBudget budget, PlanningContext context, IReadOnlyList<ComputePoint> points, bool isTrial) =>
        (Budget, Context, Points, IsTrial) = (budget, context, points, isTrial);

    /// <summary>Cheapest first; at least one.</summary>
    public IReadOnlyList<ComputePoint> Points { get; }

    public ComputePoint Cheapest => Points[0];

    public ComputePoint Dearest => Points[^1];

    /// <summary>Whether the image is admitted although it is expected to miss its deadline: it runs at <see cref="Cheapest"/>, so that its time can be measured again.</summary>
    public bool IsTrial { get; }

    internal ModelBudget Budget { get; }

    internal PlanningContext Context { get; }
}
