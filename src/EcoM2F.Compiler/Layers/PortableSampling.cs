using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Layers;

/// <summary>The sampling out of standard operators: levels one by one with 4-D GridSample, value maps of heads as batch.</summary>
internal sealed class PortableSampling : IDeformableSampling
{
    private const int Points = IDeformableSampling.Points;
    private const int PerHead = FeatureLevels.Count * Points;

    private readonly GraphBuilder _g;
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

    /// <param name="g">Graph.</param>
    /// <param name="size">Widths of the encoder.</param>
    /// <param name="levels">Sizes of the feature levels.</param>
    /// <param name="tokens">[B, N, d]: only its shape is used.</param>
    public PortableSampling(GraphBuilder g, EncoderSize size, FeatureLevels levels, Value tokens)
    {
        (_g, _size, _levels) = (g, size, levels);
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

    private int Samples => _size.Heads * PerHead;

    public Value Sample(Value values, Value projected) // [B*N, d]
    {
        var maps = ValueMaps(values);
        var parts = _g.Split(projected, 1, Samples * 2, Samples);
        var grids = Grids(parts[0]);
        var weights = Weights(parts[1]);

        var sum = Value.None;
        for (var level = 0; level < FeatureLevels.Count; level++)
        {
            var sampled = _g.GridSample(maps[level], grids[level]);                    // [B*heads, d/heads, points, N]
            var part = _g.ReduceSum(_g.Mul(sampled, weights[level]), 2);               // [B*heads, d/heads, N]
            sum = level == 0 ? part : _g.Add(sum, part);
        }

        var output = _g.Transpose(_g.Reshape(sum, _outputShape), 0, 2, 1);             // [B, N, d]
        return _g.Reshape(output, -1, _size.Width);
    }

    private Value[] ValueMaps(Value values) // per level [B*heads, d/heads, h, w]
    {
        var channelsFirst = _g.Transpose(_g.Reshape(values, _tokenShape), 0, 2, 1);      // [B, d, N]
        var parts = _g.Split(channelsFirst, 2, _levels.Tokens, FeatureLevels.Count);
        return [.. parts.Select((part, level) => _g.Reshape(part, _mapShapes[level]))];
    }

    private Value[] Grids(Value offsets) // per level [B*heads, points, N, 2]
    {
        var places = _g.Add(_g.Mul(_g.Reshape(offsets, _flatOffsets), _grid.Scale), _grid.Base);
        var samplesFirst = _g.Transpose(_g.Reshape(places, 0, 0, Samples, 2), 0, 2, 1, 3); // [B, samples, N, 2]
        return _g.Split(_g.Reshape(samplesFirst, _gridShape), 1, Points, Points, Points);
    }

    private Value[] Weights(Value logits) // per level [B*heads, 1, points, N]
    {
        var weights = _g.Softmax(_g.Reshape(logits, -1, PerHead));                       // over levels and points together
        var samplesFirst = _g.Transpose(_g.Reshape(weights, _flatWeights), 0, 2, 1);     // [B, samples, N]
        return _g.Split(_g.Reshape(samplesFirst, _weightShape), 2, Points, Points, Points);
    }
}
