using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>What the constraints on one image's compute look at.</summary>
/// <param name="Model">The model.</param>
/// <param name="Costs">Of that model.</param>
/// <param name="Points">Everything that the model could give this image, cheapest first.</param>
internal sealed record PlanningContext(ModelManifest Model, CostTable Costs, ComputeBudget Budget, BudgetOptions Operator, IReadOnlyList<ComputePoint> Points)
{
    public RemainingTime Time { get; init; } = RemainingTime.Unlimited;
}
