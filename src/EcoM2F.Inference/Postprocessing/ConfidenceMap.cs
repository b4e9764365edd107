using System.Numerics.Tensors;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// What a procedure compared at each pixel, of the winner: score times mask probability (panoptic), or the sum over queries of class times mask
/// probability (semantic). As 8 bits: 255 times it, rounded, 0 to 255. Not thread-safe.
/// </summary>
internal sealed class ConfidenceMap(int height, int width)
{
    private const float Full = byte.MaxValue;

    /// <summary>[height, width] row by row.</summary>
    public byte[] Values { get; } = new byte[checked(height * width)];

    /// <summary>Writes the values of a tile.</summary>
    /// <param name="top">Its first row.</param>
    /// <param name="left">Its first column.</param>
    /// <param name="values">[rows, columns]; changed. What is no number counts as 0.</param>
    public void Write(int top, int left, int columns, Span<float> values)
    {
        TensorPrimitives.Multiply(values, Full, values);
        TensorPrimitives.Round(values, values);
        for (var row = 0; row * columns < values.Length; row++)
        {
            TensorPrimitives.ConvertSaturating<float, byte>(values.Slice(row * columns, columns), Values.AsSpan(((top + row) * width) + left, columns));
        }
    }
}
