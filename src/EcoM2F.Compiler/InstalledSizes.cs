using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler;

/// <param name="Manifest">As it is now.</param>
/// <param name="RemovedGates">Profiles whose gates chose among sizes that the model no longer has.</param>
public sealed record InstalledSizes(ModelManifest Manifest, IReadOnlyList<string> RemovedGates);
