namespace EcoM2F.Recipe.Evaluation;

/// <summary>Policies side by side on one set.</summary>
/// <param name="Policies">Those that were asked for, in that order.</param>
/// <param name="Statics">Every exit, shallow first, whether asked for or not: what all others are measured by.</param>
/// <param name="Examples">Images where depth matters.</param>
public sealed record EvaluationResult(
    MeasuredSet Set,
    ulong Seed,
    IReadOnlyList<PolicyResult> Policies,
    IReadOnlyList<PolicyResult> Statics,
    IReadOnlyList<PolicyComparison> Comparisons,
    IReadOnlyList<Calibration> Calibrations,
    IReadOnlyList<DepthExample> Examples);
