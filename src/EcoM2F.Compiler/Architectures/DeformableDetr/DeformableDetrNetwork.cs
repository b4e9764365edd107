using System.Globalization;
using EcoM2F.Compiler.Architectures.Detectors;
using EcoM2F.Compiler.Backbones;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Compiler.Layers;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Architectures.DeformableDetr;

/// <summary>
/// The graphs of a Deformable DETR (arXiv 2010.04159) whose encoder may stop after any layer. B, H and W are symbolic, N is
/// the number of tokens of all levels, finest first: strides 8, 16, 32, then one half of the last for each further level.
/// </summary>
internal sealed class DeformableDetrNetwork(DeformableDetrConfig config, IBackbone backbone, CheckpointReader checkpoint, WeightStore weights) : IStagedNetwork
{
    /// <summary>Rows and columns count from here; see <see cref="SinePosition"/>.</summary>
    private const float FirstRow = 0.5f;

    /// <summary>Hugging Face's inverse sigmoid keeps reference points 1e-5 away from the edges: logits of at most ln(1e5).</summary>
    private const float LargestLogit = 11.512925f;

    private readonly DetectorConfig _size = config.Detector;
    private readonly EncoderGraph _encoder = new(weights, Text(config.TokenWidth));

    public bool HasFusedEncoder => true;

    public IReadOnlyList<int>? DecoderLayers => null;

    public bool HasFusedDecoder => true;

    private string Width { get; } = Text(config.TokenWidth);

    private string Levels { get; } = Text(config.Levels);

    /// <summary>
    /// pixel_values [B, 3, H, W] -> tokens [B, N, d], position [1, N, d], spatial_shapes int64 [levels, 2], pooled [B, d] (mean of
    /// the tokens of the backbone's last map).
    /// </summary>
    public ModelProto Stem(bool fused)
    {
        var g = new GraphBuilder("stem", weights);
        var b = new LayerBuilder(g, checkpoint);
        var maps = Project(b, g.Input(GraphTensors.PixelValues, OnnxType.Float, "batch", "3", "height", "width"));
        var embeddings = b.Weight("model.level_embed", config.Levels, _size.Width);
        var (tokens, positions, sizes) = (new Value[config.Levels], new Value[config.Levels], new Value[config.Levels]);
        for (var level = 0; level < config.Levels; level++)
        {
            tokens[level] = g.Transpose(g.Reshape(maps[level], 0, _size.Width, -1), 0, 2, 1);
            sizes[level] = g.Shape(maps[level], 2, 4);
            var embedding = g.Gather(embeddings, g.Constant([(long)level]), 0);
            positions[level] = SinePosition.Build(g, sizes[level], _size.Width, embedding, FirstRow);
        }

        g.Output(g.Concat(1, tokens), GraphTensors.Tokens, OnnxType.Float, "batch", "tokens", Width);
        g.Output(g.Concat(1, positions), GraphTensors.Position, OnnxType.Float, "1", "tokens", Width);
        g.Output(g.Reshape(g.Concat(0, sizes), config.Levels, 2), GraphTensors.SpatialShapes, OnnxType.Int64, Levels, "2");
        g.Output(g.ReduceMean(tokens[config.Stages.Count - 1], 1), GraphTensors.Pooled, OnnxType.Float, "batch", Width);
        return g.Build();
    }

    /// <summary>tokens, position, spatial_shapes -> encoder [B, N, d] after <paramref name="depth"/> layers.</summary>
    public ModelProto Encoder(int depth, bool fused) => _encoder.At(depth, (g, layers) => Layers(g, layers, fused));

    /// <summary>The same inputs -> encoder_1 to encoder_K, the output of every layer.</summary>
    public ModelProto EncoderExits(bool fused) => _encoder.Exits(_size.EncoderLayers, (g, layers) => Layers(g, layers, fused));

    /// <summary>encoder [B, N, d], spatial_shapes -> logits [B, Q, C] and pred_boxes [B, Q, 4].</summary>
    public ModelProto Decoder(bool fused, int? layers = null)
    {
        var g = new GraphBuilder("decoder", weights);
        var b = new LayerBuilder(g, checkpoint, fused);
        var encoder = g.Input(GraphTensors.Encoder, OnnxType.Float, "batch", "tokens", Width);
        var shapes = g.Input(GraphTensors.SpatialShapes, OnnxType.Int64, Levels, "2");
        var (batch, count) = (g.Shape(encoder, 0, 1), _size.Decoder.Queries);
        var embeddings = g.Split(b.Weight("model.query_position_embeddings.weight", count, 2 * _size.Width), 1, _size.Width, _size.Width);
        var reference = b.Linear(embeddings[0], "model.reference_points", _size.Width, 2);           // [Q, 2], logits
        var target = _size.Decoder.ForEveryImage(g, embeddings[1], batch);

        var memory = g.Reshape(encoder, -1, _size.Width);
        var attention = new DeformableAttention(
            b, SamplingFlavours.AroundPoints(g, config.Decoder, shapes, (g.Node("Sigmoid", [reference]), count, batch), fused));
        var x = _size.Decoder.Build(
            b,
            target,
            _size.Decoder.ForEveryImage(g, embeddings[0], batch),
            (prefix, placed) => attention.Build(prefix, memory, placed));
        var (classes, boxes) = Head().Build(b, x, count, BoxStart(g, reference));
        g.Output(classes, GraphTensors.Logits, OnnxType.Float, "batch", Text(count), Text(_size.Labels.Count));
        g.Output(boxes, GraphTensors.PredBoxes, OnnxType.Float, "batch", Text(count), "4");
        return g.Build();
    }

    private Value[] Project(LayerBuilder b, Value pixels) // per level [B, d, h, w]
    {
        var features = backbone.Build(b, pixels);
        var maps = new Value[config.Levels];
        var (source, channels) = (features[^1], backbone.Channels[^1]);
        for (var level = 0; level < maps.Length; level++)
        {
            var prefix = "model.input_proj." + Text(level);
            if (level < config.Stages.Count)
            {
                var stage = config.Stages[level] - 1;
                maps[level] = b.Conv(features[stage], prefix + ".0", new ConvShape(backbone.Channels[stage], _size.Width, 1));
            }
            else
            {
                // the first further level is made of the backbone's map, each next one of the level before it
                maps[level] = b.Conv(source, prefix + ".0", new ConvShape(channels, _size.Width, 3, Stride: 2));
            }

            maps[level] = b.GroupNorm(maps[level], prefix + ".1", _size.Width);
            if (level >= config.Stages.Count)
            {
                (source, channels) = (maps[level], _size.Width);
            }
        }

        return maps;
    }

    private IReadOnlyList<Value> Layers(GraphBuilder g, int depth, bool fused)
    {
        var tokens = g.Input(GraphTensors.Tokens, OnnxType.Float, "batch", "tokens", Width);
        var position = g.Input(GraphTensors.Position, OnnxType.Float, "1", "tokens", Width);
        var shapes = g.Input(GraphTensors.SpatialShapes, OnnxType.Int64, Levels, "2");
        var b = new LayerBuilder(g, checkpoint, fused);
        var attention = new DeformableAttention(b, SamplingFlavours.OfTokens(g, config.Encoder, shapes, tokens, fused));
        return EncoderLayers.Build(b, "model.encoder.layers.", _size.Encoder, depth, (tokens, position), attention.Build);
    }

    /// <summary>The last decoder layer's; see <see cref="DeformableDetrConfig.HeadLayer"/>.</summary>
    private BoxHead Head()
    {
        var last = _size.Decoder.Layers - 1;
        for (var layer = 0; layer < last; layer++)
        {
            IgnoreHead(layer);
        }

        var chosen = DeformableDetrConfig.HeadLayer(checkpoint, last);
        return new BoxHead(DeformableDetrConfig.Classifier(chosen), "bbox_embed." + Text(chosen), _size.Width, _size.Labels.Count, HasNoObject: false);
    }

    private void IgnoreHead(int layer)
    {
        string[] linears = [DeformableDetrConfig.Classifier(layer), .. Enumerable.Range(0, 3).Select(part => $"bbox_embed.{Text(layer)}.layers.{Text(part)}")];
        foreach (var linear in linears)
        {
            checkpoint.Ignore(linear + ".weight");
            checkpoint.Ignore(linear + ".bias");
        }
    }

    /// <summary>Boxes are offsets from the reference points; their sizes start from nothing.</summary>
    private Value BoxStart(GraphBuilder g, Value reference) // [Q, 4]
    {
        var centres = g.Node("Clip", [reference, g.Scalar(-LargestLogit), g.Scalar(LargestLogit)]);
        return g.Concat(1, centres, g.Constant(new float[_size.Decoder.Queries * 2], _size.Decoder.Queries, 2));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
