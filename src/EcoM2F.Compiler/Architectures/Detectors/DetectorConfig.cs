using EcoM2F.Compiler.Backbones;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Layers;

namespace EcoM2F.Compiler.Architectures.Detectors;

/// <summary>The keys that <c>DetrConfig</c> and <c>DeformableDetrConfig</c> of Hugging Face share; what cannot be built is refused.</summary>
internal sealed record DetectorConfig
{
    private const string BackbonePrefix = "model.backbone.conv_encoder.model";

    /// <summary>d, channels of tokens and queries.</summary>
    public required int Width { get; init; }

    public required int EncoderLayers { get; init; }

    public required EncoderSize Encoder { get; init; }

    public required QueryDecoder Decoder { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    public required IBackboneConfig Backbone { get; init; }

    /// <param name="keys">Of config.json.</param>
    /// <param name="defaults">Of the class: queries, and channels inside feed-forward blocks.</param>
    /// <param name="labels">By label index.</param>
    /// <param name="stages">The backbone's stages that the network reads.</param>
    public static DetectorConfig Read(
        ConfigKeys keys, (int Queries, int Feedforward) defaults, IReadOnlyList<string> labels, IReadOnlyList<int> stages)
    {
        keys.Require("activation_function", "relu", absent: "relu");
        keys.Require("position_embedding_type", "sine", absent: "sine");
        keys.Require("scale_embedding", false, absent: false);
        keys.RequireInt("num_channels", 3);
        var width = keys.Int("d_model", 256, 4, 8192);
        if (width % 4 != 0)
        {
            throw keys.Error("d_model", "a multiple of 4, because positions are a sine and a cosine by row and by column");
        }

        return new DetectorConfig
        {
            Width = width,
            EncoderLayers = keys.Int("encoder_layers", 6, 1, 64),
            Encoder = new EncoderSize(width, Heads(keys, "encoder_attention_heads", width), keys.Int("encoder_ffn_dim", defaults.Feedforward)),
            Decoder = new QueryDecoder(
                keys.Int("decoder_layers", 6, 1, 64),
                width,
                Heads(keys, "decoder_attention_heads", width),
                keys.Int("decoder_ffn_dim", defaults.Feedforward),
                keys.Int("num_queries", defaults.Queries, 1, 4096)),
            Labels = labels,
            Backbone = DetectorBackbone.Read(keys, stages),
        };
    }

    public IBackbone BuildBackbone(CheckpointReader checkpoint) => Backbone.Build(checkpoint, BackbonePrefix);

    private static int Heads(ConfigKeys keys, string key, int width)
    {
        var heads = keys.Int(key, 8, 1, 256);
        return width % heads == 0 ? heads : throw keys.Error(key, $"a divisor of d_model, {width}");
    }
}
