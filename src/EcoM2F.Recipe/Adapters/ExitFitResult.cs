using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Adapters;

/// <summary>Adapters, and what they gain on photographs that they were not fitted on.</summary>
public sealed record ExitFitResult
{
    /// <summary>What agreement is measured as: PQ, mask AP, box AP or mIoU.</summary>
    public required string Metric { get; init; }

    /// <summary>Photographs that were used.</summary>
    public required int Photos { get; init; }

    /// <summary>How many of them were held out.</summary>
    public required int HeldOut { get; init; }

    /// <summary>All below the deepest.</summary>
    public required IReadOnlyList<FittedExit> Exits { get; init; }

    /// <summary>Of the exits that gain, fitted on all photographs.</summary>
    public required IReadOnlyList<ExitAdapter> Adapters { get; init; }

    /// <summary>Ascending by photographs.</summary>
    public required IReadOnlyList<FitCurvePoint> Curve { get; init; }

    /// <summary>Size of the model's input, and tokens by level, of the photograph that was judged last.</summary>
    public required (InputSize Input, IReadOnlyList<int> LevelTokens) Example { get; init; }

    /// <summary>Time of adding tokens to the sums, relative to the model's own.</summary>
    public required double SumsShare { get; init; }

    /// <summary>Changes with the photographs, and with which of them were held out.</summary>
    public required string PhotosHash { get; init; }
}

/// <summary>What an adapter fitted on the other photographs does on those held out.</summary>
/// <param name="Penalty">Relative to the mean diagonal of the tokens' covariance.</param>
/// <param name="ErrorBefore">Squared error of the exit's tokens, relative to the variance of the last layer's, without adapter.</param>
/// <param name="ErrorAfter">With it.</param>
/// <param name="AgreementBefore">With the deepest exit's results, a fraction; NaN where those hold nothing to agree with.</param>
/// <param name="AgreementAfter">With the adapter.</param>
/// <param name="Gain">Of agreement, in pairs over the photographs.</param>
/// <param name="IsAdapted">Whether the exit gets its adapter: tokens come nearer, and results do not agree less.</param>
public sealed record FittedExit(
    int Exit, double Penalty, double ErrorBefore, double ErrorAfter, double AgreementBefore, double AgreementAfter, PairedDifference Gain, bool IsAdapted);

/// <summary>Held-out error after so many photographs, by exit below the deepest, each with the penalty that suits it.</summary>
public sealed record FitCurvePoint(int Photos, IReadOnlyList<double> Error);
