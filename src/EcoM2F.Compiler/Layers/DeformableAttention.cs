using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Layers;

/// <summary>
/// Multi-scale deformable attention out of standard operators: each head of each token reads a few bilinear samples per level
/// at places that the token itself chooses, and adds them up with weights that sum to 1. Levels are sampled one by one with
/// 4-D GridSample. Source: Deformable DETR (arXiv 2010.04159), equation 3, with value maps of heads as batch.
/// </summary>
internal sealed class DeformableAttention
{
    public const int Points = 4;

    private readonly LayerBuilder _b;
    private readonly EncoderSize _size;
    private readonly FeatureLevels _levels;
    private readonly SamplingGrid _grid;
    private readonly Value _tokenShape;  // B, N, d
    private readonly Value _flatOffsets; // B, N, samples*2
    private readonly Value _flatWeights; // B, N, samples
    private readonly Value _gridShape;   // -1, levels*points, N, 2
    private readonly Value _weightShape; // -1, 1, levels*points, N
    private readonly Value _outputShape; // B, d, N
    private readonly Value[] _mapShapes; // -1, d/heads, h, w

    /// <param name="b">Graph and checkpoint.</param>
    /// <param name="size">Widths of the encoder.</param>
    /// <param name="levels">Sizes of the feature levels.</param>
    /// <param name="tokens">[B, N, d]: only its shape is used.</param>
    public DeformableAttention(LayerBuilder b, EncoderSize size, FeatureLevels levels, Value tokens)
    {
        (_b, _size, _levels) = (b, size, levels);
        var g = b.Graph;
        _grid = SamplingGrid.Build(g, levels, size.Heads, Points);
        var batch = g.Shape(tokens, 0, 1);
        var count = g.Shape(tokens, 1, 2);
        _tokenShape = g.Shape(tokens, 0, 3);
        _flatOffsets = g.Concat(0, batch, count, g.Ints(Samples * 2));
        _flatWeights = g.Concat(0, batch, count, g.Ints(Samples));
        _gridShape = g.Concat(0, g.Ints(-1, PerHead), count, g.Ints(2));
        _weightShape = g.Concat(0, g.Ints(-1, 1, PerHead), count);
        _outputShape = g.Concat(0, batch, g.Ints(size.Width), count);
        _mapShapes = [.. levels.Sizes.Select(s => g.Concat(0, g.Ints(-1, size.Width / size.Heads), s))];
    }

    private static int PerHead => FeatureLevels.Count * Points;

    private int Samples => _size.Heads * PerHead;

    /// <param name="prefix">The checkpoint's, up to and including <c>self_attn</c>.</param>
    /// <param name="tokens">[B*N, d].</param>
    /// <param name="queries">[B*N, d]: tokens with their position.</param>
    public Value Build(string prefix, Value tokens, Value queries) // [B*N, d]
    {
        var g = _b.Graph;
        using var scope = g.Scope(prefix);
        var maps = ValueMaps(_b.Linear(tokens, prefix + ".value_proj", _size.Width, _size.Width));
        var projected = g.Node(
            "Gemm",
            [
                queries,
                _b.Matrix(prefix + ".sampling_offsets_and_attention_weights.weight", _size.Width,
                    (prefix + ".sampling_offsets.weight", Samples * 2), (prefix + ".attention_weights.weight", Samples)),
                _b.Vector(prefix + ".sampling_offsets_and_attention_weights.bias",
                    (prefix + ".sampling_offsets.bias", Samples * 2), (prefix + ".attention_weights.bias", Samples)),
            ]);
        var parts = g.Split(projected, 1, Samples * 2, Samples);
        var grids = Grids(parts[0]);
        var weights = Weights(parts[1]);

        var sum = Value.None;
        for (var level = 0; level < FeatureLevels.Count; level++)
        {
            var sampled = g.GridSample(maps[level], grids[level]);                     // [B*heads, d/heads, points, N]
            var part = g.ReduceSum(g.Mul(sampled, weights[level]), 2);                 // [B*heads, d/heads, N]
            sum = level == 0 ? part : g.Add(sum, part);
        }

        var output = g.Transpose(g.Reshape(sum, _outputShape), 0, 2, 1);               // [B, N, d]
        return _b.Linear(g.Reshape(output, -1, _size.Width), prefix + ".output_proj", _size.Width, _size.Width);
    }

    private Value[] ValueMaps(Value values) // per level [B*heads, d/heads, h, w]
    {
        var g = _b.Graph;
        var channelsFirst = g.Transpose(g.Reshape(values, _tokenShape), 0, 2, 1);      // [B, d, N]
        var parts = g.Split(channelsFirst, 2, _levels.Tokens, FeatureLevels.Count);
        return [.. parts.Select((part, level) => g.Reshape(part, _mapShapes[level]))];
    }

    private Value[] Grids(Value offsets) // per level [B*heads, points, N, 2]
    {
        var g = _b.Graph;
        var places = g.Add(g.Mul(g.Reshape(offsets, _flatOffsets), _grid.Scale), _grid.Base);
        var samplesFirst = g.Transpose(g.Reshape(places, 0, 0, Samples, 2), 0, 2, 1, 3); // [B, samples, N, 2]
        return g.Split(g.Reshape(samplesFirst, _gridShape), 1, Points, Points, Points);
    }

    private Value[] Weights(Value logits) // per level [B*heads, 1, points, N]
    {
        var g = _b.Graph;
        var weights = g.Softmax(g.Reshape(logits, -1, PerHead));                       // over levels and points together
        var samplesFirst = g.Transpose(g.Reshape(weights, _flatWeights), 0, 2, 1);     // [B, samples, N]
        return g.Split(g.Reshape(samplesFirst, _weightShape), 2, Points, Points, Points);
    }
}
