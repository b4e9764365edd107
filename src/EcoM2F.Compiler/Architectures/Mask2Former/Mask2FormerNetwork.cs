using System.Globalization;
using EcoM2F.Compiler.Backbones;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Compiler.Layers;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Architectures.Mask2Former;

/// <summary>
/// The graphs of a Mask2Former whose encoder may stop after any layer. Names of inputs and outputs are the contract with the
/// engine; B, H and W are symbolic, N = H*W*(1/32^2 + 1/16^2 + 1/8^2).
/// </summary>
internal sealed class Mask2FormerNetwork(Mask2FormerConfig config, IBackbone backbone, CheckpointReader checkpoint, WeightStore weights) : IStagedNetwork
{
    private const string DecoderPrefix = "model.pixel_level_module.decoder";

    /// <summary>Of the encoder's layers, before their number.</summary>
    public const string EncoderPrefix = DecoderPrefix + ".encoder.layers.";

    /// <summary>Samples of a head per level.</summary>
    private const int Points = 4;

    private readonly EncoderGraph _encoder = new(weights, Text(config.FeatureSize));

    public bool HasFusedEncoder => true;

    public bool HasFusedDecoder => true;

    /// <summary>Every layer: training has a loss after each (Mask2Former, section 3.3).</summary>
    public IReadOnlyList<int>? DecoderLayers => [.. Enumerable.Range(1, config.MaskedLayers)];

    /// <summary>How an encoder of these widths samples.</summary>
    public static SamplingSize SamplingOf(EncoderSize size) => new(size.Width, size.Heads, Mask2FormerConfig.Levels, Points);

    private string Width { get; } = Text(config.FeatureSize);

    private EncoderSize EncoderSize { get; } = new(config.FeatureSize, config.Heads, config.EncoderFeedforward);

    /// <summary>
    /// pixel_values [B, 3, H, W] -> tokens [B, N, d], position [1, N, d], spatial_shapes int64 [3, 2], res2 [B, C, H/4, W/4],
    /// pooled [B, d] (mean of the stride-32 tokens, what gates read).
    /// </summary>
    public ModelProto Stem(bool fused)
    {
        var g = new GraphBuilder("stem", weights);
        var b = new LayerBuilder(g, checkpoint, fused);
        var pixels = g.Input(GraphTensors.PixelValues, OnnxType.Float, "batch", "3", "height", "width");
        var maps = backbone.Build(b, pixels);
        var embeddings = b.Weight(DecoderPrefix + ".level_embed", Mask2FormerConfig.Levels, config.FeatureSize);
        var (tokens, positions, sizes) = (new Value[Mask2FormerConfig.Levels], new Value[Mask2FormerConfig.Levels], new Value[Mask2FormerConfig.Levels]);
        for (var level = 0; level < Mask2FormerConfig.Levels; level++)
        {
            var (map, channels) = (maps[^(level + 1)], backbone.Channels[^(level + 1)]);
            var prefix = $"{DecoderPrefix}.input_projections.{Text(level)}";
            var projected = b.Conv(map, prefix + ".0", new ConvShape(channels, config.FeatureSize, 1));
            tokens[level] = b.GroupNormTokens(projected, prefix + ".1", config.FeatureSize);
            using var scope = g.Scope(DecoderPrefix);
            sizes[level] = g.Shape(map, 2, 4);
            var embedding = g.Gather(embeddings, g.Constant([(long)level]), 0);
            positions[level] = SinePosition.Build(g, sizes[level], config.FeatureSize, embedding);
        }

        g.Output(g.Concat(1, tokens), GraphTensors.Tokens, OnnxType.Float, "batch", "tokens", Width);
        g.Output(g.Concat(1, positions), GraphTensors.Position, OnnxType.Float, "1", "tokens", Width);
        g.Output(g.Reshape(g.Concat(0, sizes), Mask2FormerConfig.Levels, 2), GraphTensors.SpatialShapes, OnnxType.Int64, "3", "2");
        g.Output(maps[0], GraphTensors.Res2, OnnxType.Float, "batch", Text(backbone.Channels[0]), "height4", "width4");
        g.Output(g.ReduceMean(tokens[0], 1), GraphTensors.Pooled, OnnxType.Float, "batch", Width);
        return g.Build();
    }

    /// <summary>tokens, position, spatial_shapes -> encoder [B, N, d] after <paramref name="depth"/> layers.</summary>
    public ModelProto Encoder(int depth, bool fused) => _encoder.At(depth, (g, layers) => Layers(g, layers, fused));

    /// <summary>The same inputs -> encoder_1 to encoder_K, the output of every layer.</summary>
    public ModelProto EncoderExits(bool fused) => _encoder.Exits(config.EncoderLayers, (g, layers) => Layers(g, layers, fused));

    /// <summary>
    /// encoder [B, N, d], res2, spatial_shapes -> class_queries_logits [B, Q, C+1], masks_queries_logits [B, Q, H/4, W/4],
    /// mask_features [B, dm, H/4, W/4].
    /// </summary>
    public ModelProto Decoder(bool fused, int? layers = null)
    {
        var g = new GraphBuilder(layers is { } cut ? $"decoder-{Text(cut)}" : "decoder", weights);
        var b = new LayerBuilder(g, checkpoint, fused);
        var encoder = g.Input(GraphTensors.Encoder, OnnxType.Float, "batch", "tokens", Width);
        var res2 = g.Input(GraphTensors.Res2, OnnxType.Float, "batch", Text(backbone.Channels[0]), "height4", "width4");
        var levels = new FeatureLevels(g, g.Input(GraphTensors.SpatialShapes, OnnxType.Int64, "3", "2"), Mask2FormerConfig.Levels);
        var memory = g.Split(encoder, 1, levels.Tokens, Mask2FormerConfig.Levels);
        var features = MaskFeatures.Build(b, config, (res2, backbone.Channels[0]), (memory[^1], levels.Sizes[^1]));
        var (classes, masks) = new MaskedDecoder(b, config with { MaskedLayers = layers ?? config.MaskedLayers }, memory, levels, features).Build(features);
        var queries = Text(config.Queries);
        g.Output(classes, GraphTensors.ClassQueriesLogits, OnnxType.Float, "batch", queries, Text(config.Labels.Count + 1));
        g.Output(masks, GraphTensors.MasksQueriesLogits, OnnxType.Float, "batch", queries, "height4", "width4");
        g.Output(features, GraphTensors.MaskFeatures, OnnxType.Float, "batch", Text(config.MaskFeatureSize), "height4", "width4");
        return g.Build();
    }

    private IReadOnlyList<Value> Layers(GraphBuilder g, int depth, bool fused)
    {
        var tokens = g.Input(GraphTensors.Tokens, OnnxType.Float, "batch", "tokens", Width);
        var position = g.Input(GraphTensors.Position, OnnxType.Float, "1", "tokens", Width);
        var shapes = g.Input(GraphTensors.SpatialShapes, OnnxType.Int64, "3", "2");
        var b = new LayerBuilder(g, checkpoint, fused);
        var attention = new DeformableAttention(b, SamplingFlavours.OfTokens(g, SamplingOf(EncoderSize), shapes, tokens, fused));
        return EncoderLayers.Build(b, EncoderPrefix, EncoderSize, depth, (tokens, position), attention.Build);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
