using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>The inputs of the constraints on one image's compute.</summary>
/// <param name="Model">The model.</param>
/// <param name="Costs">The model's costs.</param>
/// <param name="Points">All points that the model has for this image, cheapest first.</param>
internal sealed record PlanningContext(ModelManifest Model, CostTable Costs, ComputeBudget Budget, BudgetOptions Operator, IReadOnlyList<ComputePoint> Points)
{
    public RemainingTime Time { get; init; } = RemainingTime.Unlimited;
}
