using System.Buffers;
using System.Numerics.Tensors;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Tests.Plain;

/// <summary>
/// Hugging Face's image processor first brings every mask to 384 x 384, whatever the model's input was, and works on from
/// there. Rows of that grid, made from the logits on demand.
/// </summary>
internal sealed class PlainHuggingFaceGrid : IDisposable
{
    /// <summary>Rows and columns of the grid, fixed in <c>image_processing_mask2former.py</c>.</summary>
    public const int Size = 384;

    private readonly QueryPredictions _predictions;
    private readonly PlainResampleTaps _vertical;
    private readonly PlainResampleTaps _horizontal;
    private readonly float[] _mixed;

    public PlainHuggingFaceGrid(QueryPredictions predictions)
    {
        _predictions = predictions;
        _vertical = PlainResampleTaps.Bilinear(predictions.MaskHeight, Size);
        _horizontal = PlainResampleTaps.Bilinear(predictions.MaskWidth, Size);
        _mixed = ArrayPool<float>.Shared.Rent(predictions.MaskWidth);
    }

    /// <summary>One row of a query's logits on the grid.</summary>
    /// <param name="target">[384]</param>
    public void LogitRow(int query, int row, Span<float> target)
    {
        var width = _predictions.MaskWidth;
        var mixed = _mixed.AsSpan(0, width);
        var first = ((query * _predictions.MaskHeight) + _vertical.First[row]) * width;
        PlainBandResampler.MixRows(
            _predictions.MaskLogits.Span.Slice(first, _vertical.Taps * width),
            _vertical.Weights.AsSpan(row * _vertical.Taps, _vertical.Taps),
            mixed);
        PlainBandResampler.Stretch(mixed, target, _horizontal);
    }

    public void Dispose() => ArrayPool<float>.Shared.Return(_mixed);
}

/// <summary>Mask probabilities on the grid; planes are queries.</summary>
internal sealed class PlainGridProbabilityRows(PlainHuggingFaceGrid grid) : PlainPlaneRows(PlainHuggingFaceGrid.Size)
{
    public override ReadOnlySpan<float> Row(int plane, int row, Span<float> scratch)
    {
        grid.LogitRow(plane, row, scratch);
        TensorPrimitives.Sigmoid(scratch, scratch);
        return scratch;
    }
}

/// <summary>Class maps on the grid, summed over queries; planes are classes. Owns nothing that must be returned.</summary>
internal sealed class PlainGridClassRows(PlainHuggingFaceGrid grid, PlainClassWeights weights) : PlainPlaneRows(PlainHuggingFaceGrid.Size)
{
    private float[] _probabilities = []; // [query, rows * 384]
    private float[] _classes = []; // [class, rows * 384]
    private int _first;
    private int _length;

    public override void Prepare(int first, int count)
    {
        (_first, _length) = (first, count * Columns);
        if (_probabilities.Length < weights.Queries.Count * _length)
        {
            _probabilities = new float[weights.Queries.Count * _length];
            _classes = new float[weights.Classes * _length];
        }

        for (var slot = 0; slot < weights.Queries.Count; slot++)
        {
            var plane = _probabilities.AsSpan(slot * _length, _length);
            for (var row = 0; row < count; row++)
            {
                grid.LogitRow(weights.Queries[slot], first + row, plane.Slice(row * Columns, Columns));
            }

            TensorPrimitives.Sigmoid(plane, plane);
        }

        for (var label = 0; label < weights.Classes; label++)
        {
            weights.Sum(label, _probabilities, _length, 0, _classes.AsSpan(label * _length, _length));
        }
    }

    public override ReadOnlySpan<float> Row(int plane, int row, Span<float> scratch) =>
        _classes.AsSpan((plane * _length) + ((row - _first) * Columns), Columns);
}
