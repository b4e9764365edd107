using EcoM2F.Compiler.Checkpoints;

namespace EcoM2F.Compiler.Backbones;

/// <summary>The shape of a backbone.</summary>
internal interface IBackboneConfig
{
    /// <param name="checkpoint">Says which layout of names it has.</param>
    /// <param name="root">Prefix of the backbone's tensors, without the last dot.</param>
    IBackbone Build(CheckpointReader checkpoint, string root);
}
