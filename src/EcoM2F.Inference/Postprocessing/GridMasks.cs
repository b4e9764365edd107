using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// Masks by the way of <c>hf</c>: thresholds on the grid, enlarged by nearest neighbour. Owns the grid and rented buffers.
/// </summary>
internal sealed class GridMasks : IQueryMasks
{
    private readonly HuggingFaceGrid _grid;
    private readonly MaskRows _rows;
    private readonly int _height;
    private readonly int _width;
    private readonly float[] _logits;
    private readonly int[] _columns; // of the grid, by column of the image
    private readonly int[] _enlarged;

    public GridMasks(HuggingFaceGrid grid, ImageGeometry geometry, float maskThreshold)
    {
        (_grid, _height, _width) = (grid, geometry.Height, geometry.Width);
        _rows = new MaskRows(HuggingFaceGrid.Size, maskThreshold);
        _logits = ImageArrays<float>.Pool.Rent(HuggingFaceGrid.Size);
        _columns = ImageArrays<int>.Pool.Rent(_width);
        _enlarged = ImageArrays<int>.Pool.Rent(_width);
        for (var x = 0; x < _width; x++)
        {
            _columns[x] = NearestSource(x, _width);
        }
    }

    public QueryMask Make(int query, CancellationToken cancellationToken)
    {
        using var map = new RunMap(_height, _width);
        _rows.Begin();
        var y = 0;
        for (var row = 0; row < HuggingFaceGrid.Size; row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var logits = _logits.AsSpan(0, HuggingFaceGrid.Size);
            _grid.LogitRow(query, row, logits);
            _rows.Apply(logits, 0);
            var count = 0;
            for (; y + count < _height && NearestSource(y + count, _height) == row; count++)
            {
            }

            if (count > 0)
            {
                Enlarge(_rows.Mask);
                map.AddRow(_enlarged.AsSpan(0, _width));
                map.RepeatRows(count - 1);
                y += count;
            }
        }

        var runs = new MaskRuns(_height, _width);
        map.AddTo([null, runs]);
        return new QueryMask(runs, _rows.MeanProbability());
    }

    public void Dispose()
    {
        _grid.Dispose();
        _rows.Dispose();
        ImageArrays<float>.Pool.Return(_logits);
        ImageArrays<int>.Pool.Return(_columns);
        ImageArrays<int>.Pool.Return(_enlarged);
    }

    private void Enlarge(ReadOnlySpan<int> mask)
    {
        for (var x = 0; x < _width; x++)
        {
            _enlarged[x] = mask[_columns[x]];
        }
    }

    /// <summary>PyTorch's <c>mode="nearest"</c>: rounds down, in single precision.</summary>
    private static int NearestSource(int target, int length) =>
        Math.Min((int)(target * ((float)HuggingFaceGrid.Size / length)), HuggingFaceGrid.Size - 1);
}
