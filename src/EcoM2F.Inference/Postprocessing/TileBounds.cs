using System.Numerics.Tensors;
using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// Between which values the planes of a band's tiles lie, as probabilities, with a margin beyond every rounding: what follows
/// from these bounds follows for the pixels too. Owns rented buffers; not thread-safe.
/// </summary>
internal sealed class TileBounds : IDisposable
{
    /// <summary>Rows of bounds are this much longer than whole: vectors of 512 bits need no rest.</summary>
    private const int Padding = 16;

    /// <summary>How far a computed probability can lie from the true one, as a part of it: under 2e-6, of a product of two under 3e-6.</summary>
    private const float Slack = 1e-5f;

    private readonly TileResampler _tiles;
    private readonly bool _areLogits;
    private readonly int _planes;
    private readonly float[] _low;
    private readonly float[] _high;

    /// <param name="planes">How many planes are bounded.</param>
    /// <param name="areLogits">Whether the planes hold logits; else probabilities.</param>
    public TileBounds(TileResampler tiles, int planes, bool areLogits)
    {
        (_tiles, _planes, _areLogits) = (tiles, planes, areLogits);
        Stride = (tiles.Tiles + Padding - 1) / Padding * Padding;
        _low = ImageArrays<float>.Pool.Rent(planes * Stride);
        _high = ImageArrays<float>.Pool.Rent(planes * Stride);
        Low.Clear();
        High.Clear();
    }

    /// <summary>From one plane's bounds to the next's.</summary>
    public int Stride { get; }

    /// <summary>[planes, <see cref="Stride"/>]; not a number where nothing is known.</summary>
    public Span<float> Low => _low.AsSpan(0, _planes * Stride);

    /// <summary>[planes, <see cref="Stride"/>]; not a number where nothing is known.</summary>
    public Span<float> High => _high.AsSpan(0, _planes * Stride);

    /// <summary>Bounds a plane in the present band.</summary>
    /// <param name="slot">Its place here.</param>
    public void Update(int slot, int plane)
    {
        var low = Low.Slice(slot * Stride, Stride);
        var high = High.Slice(slot * Stride, Stride);
        _tiles.Bound(plane, low, high);
        if (_areLogits)
        {
            TensorPrimitives.Sigmoid(low, low);
            TensorPrimitives.Sigmoid(high, high);
        }

        TensorPrimitives.Multiply(low, 1 - Slack, low);
        TensorPrimitives.Multiply(high, 1 + Slack, high);
    }

    public void Dispose()
    {
        ImageArrays<float>.Pool.Return(_low);
        ImageArrays<float>.Pool.Return(_high);
    }
}
