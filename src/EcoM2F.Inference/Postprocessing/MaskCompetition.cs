using System.Numerics.Tensors;
using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// Gives every pixel to the query with the highest score times mask probability. Where bounds at the model's resolution show that
/// a tile has one winner and lies wholly inside or outside its mask, no pixel of it is computed; elsewhere only the queries that
/// may win are, and those whose mask ends there. Owns rented buffers; not thread-safe.
/// </summary>
internal sealed class MaskCompetition : PixelCompetition
{
    /// <summary>Below it bounds say nothing: relative margins end where numbers become denormal.</summary>
    private const float Floor = 1e-30f;

    private readonly List<ScoredQuery> _queries;
    private readonly float[] _thresholds;
    private readonly bool _areLogits;
    private readonly TileBounds _bounds;
    private readonly float[] _probabilities;
    private readonly float[] _best;
    private readonly int[] _codes;
    private readonly int[] _band; // [band rows, width]

    /// <param name="tiles">Mask logits, or mask probabilities on the grid of <c>hf</c>; disposed with this.</param>
    public MaskCompetition(TileResampler tiles, List<ScoredQuery> queries, PostprocessingParameters parameters)
        : base(tiles)
    {
        (_queries, _areLogits) = (queries, parameters.IsMeta);
        MaskAreas = new int[queries.Count];
        _bounds = new TileBounds(tiles, queries.Count, _areLogits);
        _thresholds = ImageArrays<float>.Pool.Rent(queries.Count);
        _probabilities = ImageArrays<float>.Pool.Rent(TileResampler.TileValues);
        _best = ImageArrays<float>.Pool.Rent(TileResampler.TileValues);
        _codes = ImageArrays<int>.Pool.Rent(TileResampler.TileValues);
        _band = ImageArrays<int>.Pool.Rent(TileResampler.BandRows * tiles.Width);
        for (var i = 0; i < queries.Count; i++)
        {
            var score = queries[i].Score;
            _thresholds[i] = _areLogits ? parameters.MaskThreshold : score > 0 ? parameters.MaskThreshold / score : float.PositiveInfinity;
        }
    }

    /// <summary>By query: pixels of its own mask, owned or not, in the bands so far.</summary>
    public int[] MaskAreas { get; }

    public override void Dispose()
    {
        base.Dispose();
        _bounds.Dispose();
        ImageArrays<float>.Pool.Return(_thresholds);
        ImageArrays<float>.Pool.Return(_probabilities);
        ImageArrays<float>.Pool.Return(_best);
        ImageArrays<int>.Pool.Return(_codes);
        ImageArrays<int>.Pool.Return(_band);
    }

    /// <param name="map">Gets 2 * index of the query, + 1 inside its mask.</param>
    protected override void RunBand(RunMap map)
    {
        for (var i = 0; i < _queries.Count; i++)
        {
            _bounds.Update(i, _queries[i].Query);
        }

        for (var tile = 0; tile < Tiles.Tiles; tile++)
        {
            RunTile(tile);
        }

        for (var row = 0; row < Tiles.Rows; row++)
        {
            map.AddRow(_band.AsSpan(row * Tiles.Width, Tiles.Width));
        }
    }

    private void RunTile(int tile)
    {
        var values = Tiles.Rows * Tiles.Columns(tile);
        var least = LeastOfWinner(tile);
        var only = OnlyCandidate(tile, least);
        if (only >= 0 && SideOf(only, tile) is { } side)
        {
            Write(tile, (2 * only) + side);
            MaskAreas[only] += side * values;
        }
        else
        {
            _best.AsSpan(0, values).Fill(-1);
            _codes.AsSpan(0, values).Clear();
            only = -1;
        }

        for (var i = 0; i < _queries.Count; i++)
        {
            if (i == only)
            {
                continue;
            }

            if (only < 0 && MayWin(i, tile, least))
            {
                MaskAreas[i] += RowKernels.AssignPixels(
                    Probabilities(i, tile), _queries[i].Score, _thresholds[i], 2 * i, _best.AsSpan(0, values), _codes.AsSpan(0, values));
            }
            else
            {
                MaskAreas[i] += SideOf(i, tile) is { } known ? known * values : RowKernels.CountFrom(Probabilities(i, tile), _thresholds[i]);
            }
        }

        if (only < 0)
        {
            WriteCodes(tile);
        }

        if (Confidence is not null)
        {
            WriteConfidence(tile, only, _best.AsSpan(0, values));
        }
    }

    /// <param name="only">The query that wins every pixel of the tile; -1: <paramref name="best"/> has what the winners reach.</param>
    private void WriteConfidence(int tile, int only, Span<float> best)
    {
        if (only >= 0)
        {
            TensorPrimitives.Multiply(Probabilities(only, tile), _queries[only].Score, best);
        }

        Confidence!.Write(Tiles.Top, TileResampler.Left(tile), Tiles.Columns(tile), best);
    }

    /// <summary>What the winner of every pixel has at least; -1 where that is not known.</summary>
    private float LeastOfWinner(int tile)
    {
        var least = -1f;
        for (var i = 0; i < _queries.Count; i++)
        {
            var low = _queries[i].Score * _bounds.Low[(i * _bounds.Stride) + tile];
            least = low > least ? low : least;
        }

        return least > Floor ? least : -1;
    }

    private bool MayWin(int i, int tile, float least) => !(_queries[i].Score * _bounds.High[(i * _bounds.Stride) + tile] < least);

    /// <returns>Index of the only query that may win a pixel of the tile; -1 where there are more.</returns>
    private int OnlyCandidate(int tile, float least)
    {
        var only = -1;
        for (var i = 0; i < _queries.Count; i++)
        {
            if (MayWin(i, tile, least))
            {
                if (only >= 0)
                {
                    return -1;
                }

                only = i;
            }
        }

        return only;
    }

    /// <returns>1 where the whole tile lies inside the query's mask, 0 where it lies outside, null where that is not known.</returns>
    private int? SideOf(int i, int tile)
    {
        var at = (i * _bounds.Stride) + tile;
        return _bounds.Low[at] >= _thresholds[i] ? 1 : _bounds.High[at] < _thresholds[i] ? 0 : null;
    }

    /// <returns>[rows, columns of the tile]</returns>
    private ReadOnlySpan<float> Probabilities(int i, int tile)
    {
        var columns = Tiles.Columns(tile);
        var values = _probabilities.AsSpan(0, Tiles.Rows * columns);
        Tiles.Fill(_queries[i].Query, tile, values);
        if (_areLogits)
        {
            RowKernels.Sigmoid(values, columns);
        }

        return values;
    }

    private void Write(int tile, int code)
    {
        for (var row = 0; row < Tiles.Rows; row++)
        {
            _band.AsSpan((row * Tiles.Width) + TileResampler.Left(tile), Tiles.Columns(tile)).Fill(code);
        }
    }

    private void WriteCodes(int tile)
    {
        var columns = Tiles.Columns(tile);
        for (var row = 0; row < Tiles.Rows; row++)
        {
            _codes.AsSpan(row * columns, columns).CopyTo(_band.AsSpan((row * Tiles.Width) + TileResampler.Left(tile), columns));
        }
    }
}
