using System.Numerics.Tensors;
using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// Resizes planes to the result's size tile by tile, of a band of rows at a time: what is left out costs nothing. Before a tile
/// is made, <see cref="Bound"/> tells from the few input samples that it mixes between which values it lies. Memory is a few
/// rows, whatever the result's size. Owns rented buffers, its tables and its source; not thread-safe.
/// </summary>
internal sealed class TileResampler : IDisposable
{
    /// <summary>Rows of a band. Small tiles follow outlines closely; large ones cost less each.</summary>
    public const int BandRows = 16;

    /// <summary>Columns of a tile; the last one has up to half as many more.</summary>
    public const int TileColumns = 32;

    /// <summary>Values of the largest tile.</summary>
    public const int TileValues = BandRows * (TileColumns + (TileColumns / 2));

    /// <summary>What rounding can take a weighted sum of up to 4 x 4 samples beyond them, as a part of the largest: under 2e-6.</summary>
    private const float Slack = 1e-5f;

    private readonly PlaneRows _source;
    private readonly ResampleTaps _vertical;
    private readonly ResampleTaps _horizontal;
    private readonly RowStretch _stretch;
    private readonly float[] _columnLow;
    private readonly float[] _columnHigh;
    private readonly float[] _stretched; // [input rows of a band, columns of a tile]
    private int _firstRow;
    private int _rowCount;

    /// <param name="source">Disposed with this, as are the taps.</param>
    public TileResampler(PlaneRows source, ResampleTaps vertical, ResampleTaps horizontal)
    {
        (_source, _vertical, _horizontal) = (source, vertical, horizontal);
        _stretch = new RowStretch(horizontal);
        Tiles = Math.Max(1, (Width + (TileColumns / 2) - 1) / TileColumns);
        _columnLow = ImageArrays<float>.Pool.Rent(source.Columns);
        _columnHigh = ImageArrays<float>.Pool.Rent(source.Columns);
        var rows = MostInputRows();
        _source.Reserve(rows);
        _stretched = ImageArrays<float>.Pool.Rent(rows * (TileColumns + (TileColumns / 2)));
    }

    public int Width => _horizontal.OutputLength;

    public int Height => _vertical.OutputLength;

    /// <summary>Tiles of a band.</summary>
    public int Tiles { get; }

    /// <summary>First row of the band.</summary>
    public int Top { get; private set; }

    /// <summary>Rows of the band.</summary>
    public int Rows { get; private set; }

    /// <summary>Prepares the band that begins at a row; ask in ascending order.</summary>
    public void BeginBand(int top)
    {
        (Top, Rows) = (top, Math.Min(BandRows, Height - top));
        (_firstRow, _rowCount) = InputRows(top, top + Rows);
        _source.Prepare(_firstRow, _rowCount);
    }

    public static int Left(int tile) => tile * TileColumns;

    public int Columns(int tile) => tile == Tiles - 1 ? Width - Left(tile) : TileColumns;

    /// <summary>Between which values every tile of the band lies, whatever the rounding.</summary>
    /// <param name="low">[Tiles]; not a number where a sample is not finite.</param>
    /// <param name="high">[Tiles]; as <paramref name="low"/>.</param>
    public void Bound(int plane, Span<float> low, Span<float> high)
    {
        var columns = _source.Columns;
        var rows = _source.Rows(plane, _firstRow, _rowCount);
        var lows = _columnLow.AsSpan(0, columns);
        var highs = _columnHigh.AsSpan(0, columns);
        rows[..columns].CopyTo(lows);
        rows[..columns].CopyTo(highs);
        for (var row = 1; row < _rowCount; row++)
        {
            var values = rows.Slice(row * columns, columns);
            TensorPrimitives.Min(lows, values, lows);
            TensorPrimitives.Max(highs, values, highs);
        }

        for (var tile = 0; tile < Tiles; tile++)
        {
            var first = _horizontal.First[Left(tile)];
            var count = _horizontal.First[Left(tile) + Columns(tile) - 1] + _horizontal.Taps - first;
            var (least, most) = (TensorPrimitives.Min<float>(lows.Slice(first, count)), TensorPrimitives.Max<float>(highs.Slice(first, count)));
            var slack = Slack * Math.Max(Math.Abs(least), Math.Abs(most));
            (low[tile], high[tile]) = float.IsFinite(slack) ? (least - slack, most + slack) : (float.NaN, float.NaN);
        }
    }

    /// <summary>Makes one tile of a plane.</summary>
    /// <param name="target">[Rows, Columns of the tile], without gaps.</param>
    public void Fill(int plane, int tile, Span<float> target) => Fill(plane, tile, target, Columns(tile));

    /// <param name="stride">From one row of <paramref name="target"/> to the next.</param>
    public void Fill(int plane, int tile, Span<float> target, int stride)
    {
        var columns = Columns(tile);
        var source = _source.Rows(plane, _firstRow, _rowCount);
        for (var row = 0; row < _rowCount; row++)
        {
            _stretch.Run(source.Slice(row * _source.Columns, _source.Columns), Left(tile), _stretched.AsSpan(row * columns, columns));
        }

        for (var row = 0; row < Rows; row++)
        {
            var y = Top + row;
            var rows = _stretched.AsSpan((_vertical.First[y] - _firstRow) * columns, _vertical.Taps * columns);
            RowKernels.MixRows(rows, _vertical.Weights.Slice(y * _vertical.Taps, _vertical.Taps), target.Slice(row * stride, columns));
        }
    }

    public void Dispose()
    {
        _stretch.Dispose();
        _vertical.Dispose();
        _horizontal.Dispose();
        _source.Dispose();
        ImageArrays<float>.Pool.Return(_columnLow);
        ImageArrays<float>.Pool.Return(_columnHigh);
        ImageArrays<float>.Pool.Return(_stretched);
    }

    private (int First, int Count) InputRows(int top, int bottom)
    {
        var first = _vertical.First[top];
        return (first, _vertical.First[bottom - 1] + _vertical.Taps - first);
    }

    private int MostInputRows()
    {
        var most = 0;
        for (var top = 0; top < Height; top += BandRows)
        {
            most = Math.Max(most, InputRows(top, Math.Min(top + BandRows, Height)).Count);
        }

        return most;
    }
}
