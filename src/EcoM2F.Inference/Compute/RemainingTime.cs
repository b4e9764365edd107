using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>The time left for an image when a choice is made.</summary>
/// <param name="UntilDeadline">Null without a deadline; negative once it has passed.</param>
/// <param name="Needed">Time that a point still takes, a probe apart; null if nothing has been measured.</param>
/// <param name="TryAdmitTrial">
/// Whether an image that would be refused may run at its cheapest point as a trial, to check the estimate.
/// </param>
public sealed record RemainingTime(TimeSpan? UntilDeadline, Func<ComputePoint, TimeSpan?> Needed, Func<bool> TryAdmitTrial)
{
    /// <summary>No deadline.</summary>
    public static RemainingTime Unlimited { get; } = new(null, static _ => null, static () => false);

    /// <summary>What other images leave of the device; null: there are none, or compute does not depend on them.</summary>
    public LoadCap? Load { get; init; }

    /// <summary>Time of an input's stem, for a probe that has yet to run.</summary>
    /// <value>Zero: it has run.</value>
    public Func<InputSize, TimeSpan> Stem { get; init; } = static _ => TimeSpan.Zero;
}
