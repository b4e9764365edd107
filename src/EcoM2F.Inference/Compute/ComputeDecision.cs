using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>The compute point chosen for an image, and why.</summary>
/// <param name="Profile">The classifier profile whose gate ran; null if none did.</param>
/// <param name="Beta">The price used, in PQ points per layer: the request's, or the profile's own.</param>
public sealed record ComputeDecision(ComputePoint Point, ComputeReason Reason, string? Profile = null, double? Beta = null)
{
    /// <summary>The input whose stem fed the gate where it is not the point's own; null: no stem ran beside the point's.</summary>
    public InputSize? Probe
    {
        get;
        init => field = value == Point.Input ? null : value;
    }
}
