using System.Numerics.Tensors;
using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// Hugging Face's image processor first brings every mask to 384 x 384, whatever the model's input was, and works on from
/// there. Rows of that grid, made from the logits on demand. Owns rented buffers.
/// </summary>
internal sealed class HuggingFaceGrid : IDisposable
{
    /// <summary>Rows and columns of the grid, fixed in <c>image_processing_mask2former.py</c>.</summary>
    public const int Size = 384;

    private readonly QueryPredictions _predictions;
    private readonly ResampleTaps _vertical;
    private readonly ResampleTaps _horizontal;
    private readonly RowStretch _stretch;
    private readonly float[] _mixed;

    public HuggingFaceGrid(QueryPredictions predictions)
    {
        _predictions = predictions;
        _vertical = ResampleTaps.Bilinear(predictions.MaskHeight, Size);
        _horizontal = ResampleTaps.Bilinear(predictions.MaskWidth, Size);
        _stretch = new RowStretch(_horizontal);
        _mixed = ImageArrays<float>.Pool.Rent(predictions.MaskWidth);
    }

    /// <summary>One row of a query's logits on the grid.</summary>
    /// <param name="target">[384]</param>
    public void LogitRow(int query, int row, Span<float> target)
    {
        var width = _predictions.MaskWidth;
        var mixed = _mixed.AsSpan(0, width);
        var first = ((query * _predictions.MaskHeight) + _vertical.First[row]) * width;
        RowKernels.MixRows(
            _predictions.MaskLogits.Span.Slice(first, _vertical.Taps * width),
            _vertical.Weights.Slice(row * _vertical.Taps, _vertical.Taps),
            mixed);
        _stretch.Run(mixed, 0, target);
    }

    public void Dispose()
    {
        _stretch.Dispose();
        _vertical.Dispose();
        _horizontal.Dispose();
        ImageArrays<float>.Pool.Return(_mixed);
    }
}

/// <summary>
/// Rows of the grid, of which those that two bands share are made once. Owns the grid and rented buffers.
/// </summary>
/// <param name="planes">How many planes <see cref="MakeRows"/> makes.</param>
internal abstract class GridRows(HuggingFaceGrid grid, int planes) : PlaneRows(HuggingFaceGrid.Size)
{
    private float[]? _values; // [plane, reserved rows, 384]
    private int _reserved;
    private int _first;
    private int _count;

    protected HuggingFaceGrid Grid => grid;

    public override void Reserve(int rows)
    {
        _reserved = rows;
        _values = ImageArrays<float>.Pool.Rent(planes * rows * Columns);
    }

    public override void Prepare(int first, int count)
    {
        var kept = Math.Max(0, _first + _count - first);
        for (var plane = 0; kept > 0 && first > _first && plane < planes; plane++)
        {
            var rows = _values.AsSpan(plane * _reserved * Columns, _reserved * Columns);
            rows.Slice((first - _first) * Columns, kept * Columns).CopyTo(rows);
        }

        (_first, _count) = (first, Math.Max(kept, count));
        if (count > kept)
        {
            MakeRows(first + kept, count - kept, _values.AsSpan(kept * Columns), _reserved * Columns);
        }
    }

    public override ReadOnlySpan<float> Rows(int plane, int first, int count) =>
        _values.AsSpan(((SlotOf(plane) * _reserved) + first - _first) * Columns, count * Columns);

    public override void Dispose()
    {
        base.Dispose();
        grid.Dispose();
        if (_values is not null)
        {
            ImageArrays<float>.Pool.Return(_values);
            _values = null;
        }
    }

    /// <summary>Which of the made planes a plane is.</summary>
    protected abstract int SlotOf(int plane);

    /// <param name="target">Rows of the first plane.</param>
    /// <param name="stride">From there to those of the next.</param>
    protected abstract void MakeRows(int first, int count, Span<float> target, int stride);
}

/// <summary>Mask probabilities on the grid; planes are queries.</summary>
/// <param name="queries">The only ones that will be asked for.</param>
internal sealed class GridProbabilityRows(HuggingFaceGrid grid, List<ScoredQuery> queries) : GridRows(grid, queries.Count)
{
    protected override int SlotOf(int plane)
    {
        for (var slot = 0; ; slot++)
        {
            if (queries[slot].Query == plane)
            {
                return slot;
            }
        }
    }

    protected override void MakeRows(int first, int count, Span<float> target, int stride)
    {
        for (var slot = 0; slot < queries.Count; slot++)
        {
            for (var row = 0; row < count; row++)
            {
                var values = target.Slice((slot * stride) + (row * Columns), Columns);
                Grid.LogitRow(queries[slot].Query, first + row, values);
                TensorPrimitives.Sigmoid(values, values);
            }
        }
    }
}

/// <summary>Class maps on the grid, summed over queries; planes are classes.</summary>
internal sealed class GridClassRows(HuggingFaceGrid grid, ClassWeights weights) : GridRows(grid, weights.Classes)
{
    private float[]? _probabilities; // [query, 384]

    protected override int SlotOf(int plane) => plane;

    protected override void MakeRows(int first, int count, Span<float> target, int stride)
    {
        _probabilities ??= ImageArrays<float>.Pool.Rent(weights.Queries.Length * Columns);
        for (var row = 0; row < count; row++)
        {
            for (var slot = 0; slot < weights.Queries.Length; slot++)
            {
                var values = _probabilities.AsSpan(slot * Columns, Columns);
                Grid.LogitRow(weights.Queries[slot], first + row, values);
                TensorPrimitives.Sigmoid(values, values);
            }

            for (var label = 0; label < weights.Classes; label++)
            {
                weights.Sum(label, _probabilities, Columns, 0, target.Slice((label * stride) + (row * Columns), Columns));
            }
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        if (_probabilities is not null)
        {
            ImageArrays<float>.Pool.Return(_probabilities);
            _probabilities = null;
        }
    }
}
