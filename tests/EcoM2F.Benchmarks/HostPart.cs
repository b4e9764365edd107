namespace EcoM2F.Benchmarks;

/// <summary>One part of the work around the model.</summary>
/// <param name="Plain">The same without shortcuts.</param>
internal sealed record HostPart(string Name, Action<HostPhoto> Plain, Action<HostPhoto> Run);
