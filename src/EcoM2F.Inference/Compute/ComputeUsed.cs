namespace EcoM2F.Inference.Compute;

/// <summary>The compute that an image used.</summary>
/// <param name="MaxDepth">The model's deepest exit.</param>
/// <param name="Gmacs">Cost of the whole model at the point used, in GMACs.</param>
/// <param name="FullGmacs">Cost of the whole model at the deepest exit for the same image, in GMACs.</param>
/// <param name="Times">Times of the stages that ran.</param>
public sealed record ComputeUsed(ComputeDecision Decision, int MaxDepth, double Gmacs, double FullGmacs, StageTimes Times)
{
    /// <summary>1 - gmacs / gmacs at the deepest exit; 0 to 1.</summary>
    public double Saved => 1 - (Gmacs / FullGmacs);

    internal static ComputeUsed Of(ComputeDecision decision, CostTable costs, int maxDepth, StageTimes times) =>
        new(decision, maxDepth, costs.Gmacs(decision.Point), costs.Gmacs(decision.Point with { Depth = maxDepth }), times);
}
