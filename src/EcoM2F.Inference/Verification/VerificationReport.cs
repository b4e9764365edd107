namespace EcoM2F.Inference.Verification;

/// <summary>How a model's graphs compare with stored values.</summary>
/// <param name="Tolerance">Largest absolute difference that passes; where tensors have one each, the largest of those.</param>
/// <param name="MaxAbs">By tensor name.</param>
/// <param name="Skipped">Names that the file holds but no graph gives.</param>
/// <param name="Failures">What did not hold, one sentence each; empty where all did.</param>
public sealed record VerificationReport(
    double Tolerance,
    IReadOnlyDictionary<string, double> MaxAbs,
    IReadOnlyList<string> Skipped,
    IReadOnlyList<string> Failures)
{
    public bool Passed => Failures.Count == 0;

    /// <summary>By name of a tensor that is compared by mask signs or classes: the share that is equal, 0 to 1.</summary>
    public IReadOnlyDictionary<string, double> Shares { get; init; } = new Dictionary<string, double>();
}
