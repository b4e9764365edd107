using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace EcoM2F.Compiler.Quantization;

/// <summary>
/// Weights as signed bytes with a scale for each output channel and no offset: a weight is its byte times its channel's scale. Bytes stay
/// within <see cref="Largest"/>, because without VNNI a processor multiplies a byte of activations (up to 255) by a byte of weights and adds
/// two such products in 16 bits, which saturate: 2 x 255 x 64 = 32640 is below their 32767, 2 x 255 x 127 is not. The same graph is
/// so right on every machine; the bit that is given up costs less than what is lost to the activations' 8 bits.
/// </summary>
internal static class Int8Weights
{
    /// <summary>Largest magnitude of a byte: seven bits with the sign.</summary>
    public const int Largest = 64;

    /// <param name="weights">[outputs, ...].</param>
    /// <returns>[outputs].</returns>
    public static float[] ScalesOf(ReadOnlySpan<float> weights, int outputs)
    {
        var scales = new float[outputs];
        var length = weights.Length / outputs;
        for (var output = 0; output < outputs; output++)
        {
            scales[output] = ScaleOf(TensorPrimitives.MaxMagnitude(weights.Slice(output * length, length)));
        }

        return scales;
    }

    /// <param name="weights">[rows, columns].</param>
    /// <returns>[columns, rows].</returns>
    public static T[] Transpose<T>(ReadOnlySpan<T> weights, int columns)
    {
        var rows = weights.Length / columns;
        var transposed = new T[weights.Length];
        for (var i = 0; i < transposed.Length; i++)
        {
            transposed[i] = weights[(i % rows * columns) + (i / rows)];
        }

        return transposed;
    }

    /// <summary>A convolution's bias in units of its products: input scale times the channel's weight scale.</summary>
    /// <returns>Bytes of <see cref="int"/>.</returns>
    public static byte[] Bias(ReadOnlySpan<float> bias, ReadOnlySpan<float> weightScales, float inputScale)
    {
        var values = new int[bias.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (int)Math.Clamp(Math.Round(bias[i] / ((double)inputScale * weightScales[i])), int.MinValue, int.MaxValue);
        }

        return MemoryMarshal.AsBytes<int>(values).ToArray();
    }

    /// <returns>The nearest byte.</returns>
    public static sbyte Round(float weight, float scale) => (sbyte)Math.Clamp(MathF.Round(weight / scale), -Largest, Largest);

    /// <summary>A channel of zeros has any scale.</summary>
    private static float ScaleOf(float largest) => Math.Abs(largest) is > 0 and var magnitude ? magnitude / Largest : 1;
}
