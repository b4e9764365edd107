namespace EcoM2F.Inference.Compute;

/// <summary>What chooses an image's compute point: a gate's rule, or the rule without a gate. Constraints then remove points, and it chooses again.</summary>
internal interface IPointRule
{
    /// <summary>The choice where nothing constrains it.</summary>
    /// <param name="points">All of the image's points, cheapest first.</param>
    (ComputePoint Point, ComputeReason Reason) Propose(IReadOnlyList<ComputePoint> points);

    /// <summary>The choice among the points that a constraint left.</summary>
    /// <param name="points">Cheapest first; at least one.</param>
    /// <param name="before">The choice until now, which is not one of them.</param>
    ComputePoint Among(IReadOnlyList<ComputePoint> points, ComputePoint before);
}
