using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>What the other images in progress leave of the device for one image, when a choice is made.</summary>
/// <param name="Limit">The most that it may take; negative or zero: no more than its cheapest point.</param>
/// <param name="Takes">What a point takes, and the stem of a probe where there is one; null if nothing has been measured.</param>
public sealed record LoadCap(TimeSpan Limit, Func<ComputePoint, InputSize?, TimeSpan?> Takes);
