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

    /// <param name="matrix">[inputs, outputs].</param>
    /// <returns>By output.</returns>
    public static float[] ScalesOfColumns(ReadOnlySpan<float> matrix, int outputs)
    {
        var largest = new float[outputs];
        for (var start = 0; start < matrix.Length; start += outputs)
        {
            TensorPrimitives.MaxMagnitude(largest, matrix.Slice(start, outputs), largest);
        }

        return [.. largest.Select(ScaleOf)];
    }

    /// <param name="kernels">[outputs, ...].</param>
    /// <returns>By output.</returns>
    public static float[] ScalesOfRows(ReadOnlySpan<float> kernels, int outputs)
    {
        var scales = new float[outputs];
        var length = kernels.Length / outputs;
        for (var output = 0; output < outputs; output++)
        {
            scales[output] = ScaleOf(TensorPrimitives.MaxMagnitude(kernels.Slice(output * length, length)));
        }

        return scales;
    }

    /// <param name="matrix">[inputs, outputs].</param>
    /// <returns>Bytes of <see cref="sbyte"/>, in the same order.</returns>
    public static byte[] Columns(ReadOnlySpan<float> matrix, int outputs)
    {
        var scales = ScalesOfColumns(matrix, outputs);
        var bytes = new sbyte[matrix.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = Round(matrix[i], scales[i % outputs]);
        }

        return MemoryMarshal.AsBytes<sbyte>(bytes).ToArray();
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
