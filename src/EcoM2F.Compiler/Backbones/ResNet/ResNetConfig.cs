using EcoM2F.Compiler.Checkpoints;

namespace EcoM2F.Compiler.Backbones.ResNet;

/// <summary>
/// The shape of a ResNet, with the defaults of Hugging Face's <c>ResNetConfig</c>. Four stages, as every published one has.
/// </summary>
internal sealed record ResNetConfig : IBackboneConfig
{
    public const int Stages = 4;

    /// <summary>Channels after the first convolution.</summary>
    public int EmbeddingSize { get; init; } = 64;

    /// <summary>Channels after each stage.</summary>
    public required IReadOnlyList<int> HiddenSizes { get; init; }

    /// <summary>Blocks of each stage.</summary>
    public required IReadOnlyList<int> Depths { get; init; }

    /// <summary>Blocks of 1x1, 3x3, 1x1 with a quarter of the channels inside; otherwise two 3x3.</summary>
    public required bool Bottleneck { get; init; }

    /// <summary>Whether the first stage halves the resolution too: strides are then 8 to 64.</summary>
    public bool DownsampleInFirstStage { get; init; }

    /// <summary>Whether a bottleneck halves the resolution in its first 1x1 convolution instead of in the 3x3.</summary>
    public bool DownsampleInBottleneck { get; init; }

    /// <summary>Whether the last stage keeps the resolution (stride 16) and spreads its kernels instead, as timm does: DETR's "DC5".</summary>
    public bool DilateLastStage { get; init; }

    /// <exception cref="CompileException">A key has a value that cannot be built.</exception>
    public static ResNetConfig Read(ConfigKeys keys, IReadOnlyList<int> stages)
    {
        BackboneStages.Require(keys, stages);
        keys.Require("downsample_in_first_stage", false, absent: false); // or strides would be 8 to 64
        keys.Require("hidden_act", "relu", absent: "relu");
        keys.RequireInt("num_channels", 3);

        var layerType = keys.Text("layer_type", "bottleneck");
        if (layerType is not ("bottleneck" or "basic"))
        {
            throw keys.Error("layer_type", "'basic' or 'bottleneck'");
        }

        var config = new ResNetConfig
        {
            EmbeddingSize = keys.Int("embedding_size", 64),
            HiddenSizes = keys.Ints("hidden_sizes", [256, 512, 1024, 2048], Stages, 1, 65536),
            Depths = keys.Ints("depths", [3, 4, 6, 3], Stages, 1, 256),
            Bottleneck = layerType == "bottleneck",
            DownsampleInBottleneck = keys.Bool("downsample_in_bottleneck", false),
        };
        return config.Bottleneck && config.HiddenSizes.Any(s => s % 4 != 0)
            ? throw keys.Error("hidden_sizes", "multiples of 4, because a bottleneck has a quarter of the channels inside")
            : config;
    }

    public IBackbone Build(CheckpointReader checkpoint, string root) => new ResNetBackbone(this, ResNetKeys.Find(checkpoint, root));

    /// <summary>What timm calls <c>resnet18</c> to <c>resnet152</c>, for configurations that name a backbone instead of describing it.</summary>
    /// <returns>Null for another name.</returns>
    public static ResNetConfig? Named(string name) => name switch
    {
        "resnet18" => Of([2, 2, 2, 2], bottleneck: false),
        "resnet34" => Of([3, 4, 6, 3], bottleneck: false),
        "resnet50" => Of([3, 4, 6, 3], bottleneck: true),
        "resnet101" => Of([3, 4, 23, 3], bottleneck: true),
        "resnet152" => Of([3, 8, 36, 3], bottleneck: true),
        _ => null,
    };

    private static ResNetConfig Of(int[] depths, bool bottleneck) => new()
    {
        HiddenSizes = bottleneck ? [256, 512, 1024, 2048] : [64, 128, 256, 512],
        Depths = depths,
        Bottleneck = bottleneck,
    };
}
