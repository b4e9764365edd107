using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Layers;

/// <summary>The sampling out of standard operators: levels one by one with 4-D GridSample, value maps of heads as batch.</summary>
internal sealed class PortableSampling : IDeformableSampling
{
    private readonly GraphBuilder _g;
    private readonly FeatureLevels _levels;
    private readonly SamplingGrid _grid;
    private readonly Value _valueShape;  // B, -1, d
    private readonly Value _flatOffsets; // B, Q, samples*2
    private readonly Value _flatWeights; // B, Q, samples
    private readonly Value _gridShape;   // -1, levels*points, Q, 2
    private readonly Value _weightShape; // -1, 1, levels*points, Q
    private readonly Value _outputShape; // B, d, Q
    private readonly Value[] _mapShapes; // -1, d/heads, h, w

    /// <param name="g">Graph.</param>
    /// <param name="size">Widths.</param>
    /// <param name="levels">Sizes of the feature levels.</param>
    /// <param name="grid">Where queries look.</param>
    /// <param name="queries">int64 [1] each: images, and queries of an image.</param>
    public PortableSampling(GraphBuilder g, SamplingSize size, FeatureLevels levels, SamplingGrid grid, (Value Batch, Value Count) queries)
    {
        (_g, Size, _levels, _grid) = (g, size, levels, grid);
        var (batch, count) = queries;
        _valueShape = g.Concat(0, batch, g.Ints(-1, size.Width));
        _flatOffsets = g.Concat(0, batch, count, g.Ints(size.Samples * 2));
        _flatWeights = g.Concat(0, batch, count, g.Ints(size.Samples));
        _gridShape = g.Concat(0, g.Ints(-1, size.PerHead), count, g.Ints(2));
        _weightShape = g.Concat(0, g.Ints(-1, 1, size.PerHead), count);
        _outputShape = g.Concat(0, batch, g.Ints(size.Width), count);
        _mapShapes = [.. levels.Sizes.Select(s => g.Concat(0, g.Ints(-1, size.Width / size.Heads), s))];
    }

    public SamplingSize Size { get; }

    private long[] PointsOfLevels => [.. Enumerable.Repeat((long)Size.Points, Size.Levels)];

    public Value Sample(Value values, Value projected) // [B*Q, d]
    {
        var maps = ValueMaps(values);
        var parts = _g.Split(projected, 1, Size.Samples * 2, Size.Samples);
        var grids = Grids(parts[0]);
        var weights = Weights(parts[1]);

        var sum = Value.None;
        for (var level = 0; level < Size.Levels; level++)
        {
            var sampled = _g.GridSample(maps[level], grids[level]);                      // [B*heads, d/heads, points, Q]
            var part = _g.ReduceSum(_g.Mul(sampled, weights[level]), 2);                 // [B*heads, d/heads, Q]
            sum = level == 0 ? part : _g.Add(sum, part);
        }

        var output = _g.Transpose(_g.Reshape(sum, _outputShape), 0, 2, 1);               // [B, Q, d]
        return _g.Reshape(output, -1, Size.Width);
    }

    private Value[] ValueMaps(Value values) // per level [B*heads, d/heads, h, w]
    {
        var channelsFirst = _g.Transpose(_g.Reshape(values, _valueShape), 0, 2, 1);      // [B, d, N]
        var parts = _g.Split(channelsFirst, 2, _levels.Tokens, Size.Levels);
        return [.. parts.Select((part, level) => _g.Reshape(part, _mapShapes[level]))];
    }

    private Value[] Grids(Value offsets) // per level [B*heads, points, Q, 2]
    {
        var places = _g.Add(_g.Mul(_g.Reshape(offsets, _flatOffsets), _grid.Scale), _grid.Base);
        var samplesFirst = _g.Transpose(_g.Reshape(places, 0, 0, Size.Samples, 2), 0, 2, 1, 3); // [B, samples, Q, 2]
        return _g.Split(_g.Reshape(samplesFirst, _gridShape), 1, PointsOfLevels);
    }

    private Value[] Weights(Value logits) // per level [B*heads, 1, points, Q]
    {
        var weights = _g.Softmax(_g.Reshape(logits, -1, Size.PerHead));                  // over levels and points together
        var samplesFirst = _g.Transpose(_g.Reshape(weights, _flatWeights), 0, 2, 1);     // [B, samples, Q]
        return _g.Split(_g.Reshape(samplesFirst, _weightShape), 2, PointsOfLevels);
    }
}
