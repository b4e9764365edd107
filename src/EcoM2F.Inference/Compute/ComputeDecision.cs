namespace EcoM2F.Inference.Compute;

/// <summary>The point that an image gets, and why.</summary>
/// <param name="Profile">The classifier profile whose gate took part, if one did.</param>
/// <param name="Beta">PQ points per layer that took part: the request's, or the profile's own.</param>
public sealed record ComputeDecision(ComputePoint Point, ComputeReason Reason, string? Profile = null, double? Beta = null);
