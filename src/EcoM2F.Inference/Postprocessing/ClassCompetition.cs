using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// Gives every pixel to the class with the highest value. In each tile only the classes take part whose bounds at the model's
/// resolution leave them a chance. Owns rented buffers; not thread-safe.
/// </summary>
internal abstract class ClassCompetition : PixelCompetition
{
    private readonly float[] _best;
    private readonly int[] _labels;
    private readonly float[] _bandBest; // [band rows, width]
    private readonly int[] _bandLabels; // [band rows, width]
    private readonly int[] _candidates;

    /// <param name="tiles">Disposed with this.</param>
    protected ClassCompetition(TileResampler tiles, int classes)
        : base(tiles)
    {
        (Classes, Sums) = (classes, new double[classes]);
        _best = ImageArrays<float>.Pool.Rent(TileResampler.TileValues);
        _labels = ImageArrays<int>.Pool.Rent(TileResampler.TileValues);
        _bandBest = ImageArrays<float>.Pool.Rent(TileResampler.BandRows * tiles.Width);
        _bandLabels = ImageArrays<int>.Pool.Rent(TileResampler.BandRows * tiles.Width);
        _candidates = ImageArrays<int>.Pool.Rent(classes);
    }

    /// <summary>By class: the winning values of its pixels, added up, in the bands so far.</summary>
    public double[] Sums { get; }

    protected int Classes { get; }

    public override void Dispose()
    {
        base.Dispose();
        ImageArrays<float>.Pool.Return(_best);
        ImageArrays<int>.Pool.Return(_labels);
        ImageArrays<float>.Pool.Return(_bandBest);
        ImageArrays<int>.Pool.Return(_bandLabels);
        ImageArrays<int>.Pool.Return(_candidates);
    }

    /// <param name="map">Gets the labels.</param>
    protected override void RunBand(RunMap map)
    {
        BoundBand();
        for (var tile = 0; tile < Tiles.Tiles; tile++)
        {
            var values = Tiles.Rows * Tiles.Columns(tile);
            Compete(tile, Candidates(tile), _best.AsSpan(0, values), _labels.AsSpan(0, values));
            Write(tile);
        }

        for (var row = 0; row < Tiles.Rows; row++)
        {
            var best = _bandBest.AsSpan(row * Tiles.Width, Tiles.Width);
            var labels = _bandLabels.AsSpan(row * Tiles.Width, Tiles.Width);
            map.AddRow(labels);
            AddScores(best, labels);
            Confidence?.Write(Tiles.Top + row, 0, Tiles.Width, best);
        }
    }

    /// <summary>Bounds all classes in the present band.</summary>
    protected abstract void BoundBand();

    /// <summary>Between which values a class lies in a tile; not a number where nothing is known.</summary>
    protected abstract (float Low, float High) BoundsOf(int label, int tile);

    /// <summary>Finds the best of some classes for each value of a tile, the first of equals.</summary>
    protected abstract void Compete(int tile, ReadOnlySpan<int> candidates, Span<float> best, Span<int> labels);

    private ReadOnlySpan<int> Candidates(int tile)
    {
        var least = -1f;
        for (var label = 0; label < Classes; label++)
        {
            var low = BoundsOf(label, tile).Low;
            least = low > least ? low : least;
        }

        var count = 0;
        for (var label = 0; label < Classes; label++)
        {
            if (!(BoundsOf(label, tile).High < least))
            {
                _candidates[count++] = label;
            }
        }

        return _candidates.AsSpan(0, count);
    }

    private void Write(int tile)
    {
        var columns = Tiles.Columns(tile);
        for (var row = 0; row < Tiles.Rows; row++)
        {
            var target = (row * Tiles.Width) + TileResampler.Left(tile);
            _best.AsSpan(row * columns, columns).CopyTo(_bandBest.AsSpan(target, columns));
            _labels.AsSpan(row * columns, columns).CopyTo(_bandLabels.AsSpan(target, columns));
        }
    }

    private void AddScores(ReadOnlySpan<float> values, ReadOnlySpan<int> labels)
    {
        for (var i = 0; i < labels.Length; i++)
        {
            Sums[labels[i]] += values[i];
        }
    }
}
