using System.Globalization;
using EcoM2F.Compiler.Architectures.Detectors;
using EcoM2F.Compiler.Backbones;
using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Compiler.Layers;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Architectures.Detr;

/// <summary>
/// The graphs of a DETR (arXiv 2005.12872) whose encoder may stop after any layer. B, H and W are symbolic, N is the number of
/// pixels of the backbone's last map. Hugging Face masks padding; here images fill the input and nothing is masked.
/// </summary>
internal sealed class DetrNetwork(DetrConfig config, IBackbone backbone, CheckpointReader checkpoint, WeightStore weights) : IStagedNetwork
{
    private readonly DetectorConfig _size = config.Detector;
    private readonly EncoderGraph _encoder = new(weights, Text(config.TokenWidth));

    public bool HasFusedEncoder => false;

    public IReadOnlyList<int>? DecoderLayers => null;

    public bool HasFusedDecoder => false;

    private string Width { get; } = Text(config.TokenWidth);

    /// <summary>pixel_values [B, 3, H, W] -> tokens [B, N, d], position [1, N, d], pooled [B, d].</summary>
    public ModelProto Stem(bool fused)
    {
        var g = new GraphBuilder("stem", weights);
        var b = new LayerBuilder(g, checkpoint);
        var map = backbone.Build(b, g.Input(GraphTensors.PixelValues, OnnxType.Float, "batch", "3", "height", "width"))[^1];
        var projected = b.Conv(map, "model.input_projection", new ConvShape(backbone.Channels[^1], _size.Width, 1));
        var tokens = g.Transpose(g.Reshape(projected, 0, _size.Width, -1), 0, 2, 1);
        var position = SinePosition.Build(g, g.Shape(map, 2, 4), _size.Width, Value.None);
        g.Output(tokens, GraphTensors.Tokens, OnnxType.Float, "batch", "tokens", Width);
        g.Output(position, GraphTensors.Position, OnnxType.Float, "1", "tokens", Width);
        g.Output(g.ReduceMean(tokens, 1), GraphTensors.Pooled, OnnxType.Float, "batch", Width);
        return g.Build();
    }

    /// <summary>tokens, position -> encoder [B, N, d] after <paramref name="depth"/> layers.</summary>
    public ModelProto Encoder(int depth, bool fused) => _encoder.At(depth, Layers);

    /// <summary>The same inputs -> encoder_1 to encoder_K, the output of every layer.</summary>
    public ModelProto EncoderExits(bool fused) => _encoder.Exits(_size.EncoderLayers, Layers);

    /// <summary>encoder [B, N, d], position [1, N, d] -> logits [B, Q, C+1], the last being "no object", and pred_boxes [B, Q, 4].</summary>
    public ModelProto Decoder(bool fused, int? layers = null)
    {
        var g = new GraphBuilder("decoder", weights);
        var b = new LayerBuilder(g, checkpoint);
        var encoder = g.Input(GraphTensors.Encoder, OnnxType.Float, "batch", "tokens", Width);
        var position = g.Input(GraphTensors.Position, OnnxType.Float, "1", "tokens", Width);
        var batch = g.Shape(encoder, 0, 1);
        var attention = new MultiHeadAttention(g, _size.Width, _size.Decoder.Heads);
        var shape = attention.Shape(_size.Decoder.Queries);
        var memory = (
            Tokens: g.Reshape(encoder, -1, _size.Width),
            Placed: g.Reshape(g.Add(encoder, position), -1, _size.Width),
            Shape: attention.Shape(batch));
        var queries = b.Weight("model.query_position_embeddings.weight", _size.Decoder.Queries, _size.Width);
        var x = _size.Decoder.Build(
            b,
            _size.Decoder.ForEveryImage(g, g.Scalar(0f), batch), // queries are nothing but their position at first
            _size.Decoder.ForEveryImage(g, queries, batch),
            (prefix, placed) => b.CrossAttention(attention, prefix, (placed, shape), memory));
        x = b.LayerNorm(x, "model.decoder.layernorm", _size.Width);
        var head = new BoxHead(DetrConfig.Classifier, "bbox_predictor", _size.Width, _size.Labels.Count, HasNoObject: true);
        var (classes, boxes) = head.Build(b, x, _size.Decoder.Queries, Value.None);
        g.Output(classes, GraphTensors.Logits, OnnxType.Float, "batch", Text(_size.Decoder.Queries), Text(head.Classes));
        g.Output(boxes, GraphTensors.PredBoxes, OnnxType.Float, "batch", Text(_size.Decoder.Queries), "4");
        return g.Build();
    }

    private IReadOnlyList<Value> Layers(GraphBuilder g, int depth)
    {
        var b = new LayerBuilder(g, checkpoint);
        var tokens = g.Input(GraphTensors.Tokens, OnnxType.Float, "batch", "tokens", Width);
        var position = g.Input(GraphTensors.Position, OnnxType.Float, "1", "tokens", Width);
        var attention = new MultiHeadAttention(g, _size.Width, _size.Encoder.Heads);
        var shape = attention.Shape(g.Shape(tokens, 0, 1));
        return EncoderLayers.Build(
            b,
            "model.encoder.layers.",
            _size.Encoder,
            depth,
            (tokens, position),
            (prefix, x, placed) => b.SelfAttention(attention, prefix, x, placed, shape));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
