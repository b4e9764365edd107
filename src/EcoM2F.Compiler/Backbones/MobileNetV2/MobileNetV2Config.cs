using EcoM2F.Compiler.Checkpoints;

namespace EcoM2F.Compiler.Backbones.MobileNetV2;

/// <summary>The shape of a MobileNetV2 whose batch norms are folded into its convolutions; the blocks' widths are the checkpoint's.</summary>
internal sealed record MobileNetV2Config : IBackboneConfig
{
    /// <summary>Channels of the four maps.</summary>
    public required IReadOnlyList<int> Channels { get; init; }

    /// <summary>The blocks whose outputs are the maps, from 0.</summary>
    public required IReadOnlyList<int> Outputs { get; init; }

    /// <summary>The blocks that halve the resolution, from 0.</summary>
    public required IReadOnlyList<int> Halving { get; init; }

    /// <exception cref="CompileException">A key has a value that cannot be built.</exception>
    public static MobileNetV2Config Read(ConfigKeys keys, IReadOnlyList<int> stages)
    {
        keys.Allow("model_type", "folded_batch_norm", "activation", "depth_multiplier", "feature_strides", "channels", "out_blocks", "stride_2_blocks");
        keys.Require("folded_batch_norm", true, absent: false);
        keys.Require("activation", "relu6", absent: "relu6");
        keys.RequireInts("feature_strides", [4, 8, 16, 32]);
        var config = new MobileNetV2Config
        {
            Channels = keys.Ints("channels", [24, 32, 96, 320]),
            Outputs = keys.Ints("out_blocks", [2, 5, 12, 16]),
            Halving = keys.Ints("stride_2_blocks", [1, 3, 6, 13]),
        };
        return config.IsPossible()
            ? config
            : throw new CompileException(
                $"{keys.File}: backbone_config's channels, out_blocks and stride_2_blocks must be four numbers each, "
                + "and each output must come after its own and before the next halving of the resolution.");
    }

    public IBackbone Build(CheckpointReader checkpoint, string root) => new MobileNetV2Backbone(this, root);

    private bool IsPossible() =>
        Channels.Count == BackboneStages.Count && Outputs.Count == BackboneStages.Count && Halving.Count == BackboneStages.Count
        && Ascending(Outputs) && Ascending(Halving)
        && Enumerable.Range(0, BackboneStages.Count).All(i => Halving[i] <= Outputs[i] && (i == BackboneStages.Count - 1 || Halving[i + 1] > Outputs[i]));

    private static bool Ascending(IReadOnlyList<int> numbers) => numbers[0] >= 0 && numbers.Zip(numbers.Skip(1)).All(p => p.First < p.Second);
}
