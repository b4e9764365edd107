namespace EcoM2F.Inference.Compute;

/// <summary>What an image cost.</summary>
/// <param name="MaxDepth">The model's deepest exit.</param>
/// <param name="Gmacs">Whole model at the point used.</param>
/// <param name="FullGmacs">Whole model at the deepest exit, same image.</param>
/// <param name="Times">Of the stages that ran.</param>
public sealed record ComputeUsed(ComputeDecision Decision, int MaxDepth, double Gmacs, double FullGmacs, StageTimes Times)
{
    /// <summary>1 - gmacs / gmacs at the deepest exit; 0 to 1.</summary>
    public double Saved => 1 - (Gmacs / FullGmacs);

    internal static ComputeUsed Of(ComputeDecision decision, CostTable costs, int maxDepth, StageTimes times) =>
        new(decision, maxDepth, costs.Gmacs(decision.Point), costs.Gmacs(decision.Point with { Depth = maxDepth }), times);
}
