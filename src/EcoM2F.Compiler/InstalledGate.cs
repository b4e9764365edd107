using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler;

/// <param name="Manifest">As it is now.</param>
/// <param name="Superseded">
/// Files of the folder that the manifest named before and no longer does; who read it before may still open them, so they stay until
/// the next installation.
/// </param>
public sealed record InstalledGate(ModelManifest Manifest, IReadOnlyList<string> Superseded);
