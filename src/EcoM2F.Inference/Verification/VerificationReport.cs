namespace EcoM2F.Inference.Verification;

/// <summary>How a model's graphs compare with stored values.</summary>
/// <param name="Tolerance">Largest absolute difference that passes.</param>
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
}
