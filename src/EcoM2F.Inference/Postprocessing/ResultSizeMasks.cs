using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// Masks by the way of <c>meta</c>: thresholds at the size of the result. Tiles whose logits are shown to lie below the threshold
/// are never made. Owns the tiles and rented buffers.
/// </summary>
internal sealed class ResultSizeMasks : IQueryMasks
{
    private readonly TileResampler _tiles;
    private readonly MaskRows _rows;
    private readonly float[] _low;
    private readonly float[] _high;
    private readonly float[] _band; // [band rows, width]

    public ResultSizeMasks(TileResampler tiles, float maskThreshold)
    {
        _tiles = tiles;
        _rows = new MaskRows(tiles.Width, maskThreshold);
        _low = ImageArrays<float>.Pool.Rent(tiles.Tiles);
        _high = ImageArrays<float>.Pool.Rent(tiles.Tiles);
        _band = ImageArrays<float>.Pool.Rent(TileResampler.BandRows * tiles.Width);
    }

    public QueryMask Make(int query, CancellationToken cancellationToken)
    {
        using var map = new RunMap(_tiles.Height, _tiles.Width);
        _rows.Begin();
        for (var top = 0; top < _tiles.Height; top += TileResampler.BandRows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _tiles.BeginBand(top);
            AddBand(map, query);
        }

        var runs = new MaskRuns(_tiles.Height, _tiles.Width);
        map.AddTo([null, runs]);
        return new QueryMask(runs, _rows.MeanProbability());
    }

    public void Dispose()
    {
        _tiles.Dispose();
        _rows.Dispose();
        ImageArrays<float>.Pool.Return(_low);
        ImageArrays<float>.Pool.Return(_high);
        ImageArrays<float>.Pool.Return(_band);
    }

    private void AddBand(RunMap map, int query)
    {
        _tiles.Bound(query, _low, _high);
        var (first, last) = (0, _tiles.Tiles - 1);
        while (first <= last && IsOutside(first))
        {
            first++;
        }

        while (last > first && IsOutside(last))
        {
            last--;
        }

        if (first > last)
        {
            _rows.Apply([], 0);
            map.AddRow(_rows.Mask);
            map.RepeatRows(_tiles.Rows - 1);
            return;
        }

        var left = TileResampler.Left(first);
        var length = TileResampler.Left(last) + _tiles.Columns(last) - left;
        for (var tile = first; tile <= last; tile++)
        {
            FillTile(query, tile, TileResampler.Left(tile) - left, length);
        }

        for (var row = 0; row < _tiles.Rows; row++)
        {
            _rows.Apply(_band.AsSpan(row * length, length), left);
            map.AddRow(_rows.Mask);
        }
    }

    private bool IsOutside(int tile) => _high[tile] <= _rows.Threshold;

    private void FillTile(int query, int tile, int x, int stride)
    {
        if (!IsOutside(tile))
        {
            _tiles.Fill(query, tile, _band.AsSpan(x), stride);
            return;
        }

        for (var row = 0; row < _tiles.Rows; row++)
        {
            _band.AsSpan((row * stride) + x, _tiles.Columns(tile)).Fill(float.NegativeInfinity); // adds 0 to the sum of probabilities
        }
    }
}
