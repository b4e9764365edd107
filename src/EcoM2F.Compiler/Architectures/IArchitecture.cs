using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Graph;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Architectures;

/// <summary>What a config.json says of a model as a whole, and how its network is built.</summary>
internal interface IArchitecture
{
    /// <summary>Class names by label index; "no object" is not among them.</summary>
    IReadOnlyList<string> Labels { get; }

    /// <summary>d: channels of the tokens, and of what gates read.</summary>
    int TokenWidth { get; }

    int EncoderLayers { get; }

    /// <summary>Where the checkpoint does not say otherwise.</summary>
    PostprocessingSettings Postprocessing { get; }

    /// <param name="checkpoint">Gives the weights, and says which layout of names it has.</param>
    /// <param name="weights">Takes the weights of all graphs.</param>
    IStagedNetwork Build(CheckpointReader checkpoint, WeightStore weights);
}
