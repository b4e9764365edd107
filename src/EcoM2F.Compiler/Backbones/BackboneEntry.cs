using EcoM2F.Compiler.Checkpoints;

namespace EcoM2F.Compiler.Backbones;

/// <param name="ModelType">Hugging Face's <c>model_type</c>.</param>
/// <param name="Read">Reads a <c>backbone_config</c> for a network that reads these stages' maps, from 1.</param>
internal sealed record BackboneEntry(string ModelType, Func<ConfigKeys, IReadOnlyList<int>, IBackboneConfig> Read)
{
    /// <summary>Whether its checkpoints may be made for fewer than four maps, as detectors' are.</summary>
    public bool AnyStages { get; init; }
}
