namespace EcoM2F.Inference.Compute;

/// <summary>How many encoder layers an image gets, and why.</summary>
/// <param name="Depth">One of the model's exits.</param>
/// <param name="Profile">The classifier profile whose gate took part, if one did.</param>
/// <param name="Beta">PQ points per layer that took part: the request's, or the profile's own.</param>
public sealed record DepthDecision(int Depth, DepthReason Reason, string? Profile = null, double? Beta = null);
