using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Imaging;

/// <summary>
/// Weights of Pillow's BILINEAR filter along one axis: a triangle, widened by the reduction factor when shrinking, in fixed
/// point with 22 fractional bits (Pillow's <c>Resample.c</c>: 32 bits less 8 of the sample and 2 of head room). Owns rented tables.
/// </summary>
internal sealed class TriangleKernel : IDisposable
{
    public const int FractionBits = 22;

    /// <summary>0.5 in fixed point: sums start at it, so that the final shift rounds.</summary>
    public const int Half = 1 << (FractionBits - 1);

    private readonly int _length;
    private readonly int _stride;
    private int[]? _weights; // [length, stride]
    private int[]? _first;
    private int[]? _count;

    private TriangleKernel(int outputLength, int stride)
    {
        (_length, _stride) = (outputLength, stride);
        _first = ImageArrays<int>.Pool.Rent(outputLength);
        _count = ImageArrays<int>.Pool.Rent(outputLength);
        _weights = ImageArrays<int>.Pool.Rent(checked(outputLength * stride));
    }

    /// <summary>First input sample of each output sample.</summary>
    public ReadOnlySpan<int> First => _first.AsSpan(0, _length);

    /// <summary>How many input samples each output sample mixes.</summary>
    public ReadOnlySpan<int> Count => _count.AsSpan(0, _length);

    /// <summary>Weights of one output sample; they sum to 2^22 but for rounding.</summary>
    public ReadOnlySpan<int> Weights(int output) => _weights.AsSpan(output * _stride, _count![output]);

    /// <returns>Owned by the caller.</returns>
    public static TriangleKernel Create(int inputLength, int outputLength)
    {
        var scale = (double)inputLength / outputLength;
        var support = Math.Max(scale, 1.0);
        var kernel = new TriangleKernel(outputLength, (2 * (int)Math.Ceiling(support)) + 1);
        var raw = ImageArrays<double>.Pool.Rent(kernel._stride);
        for (var output = 0; output < outputLength; output++)
        {
            kernel.Fill(output, (output + 0.5) * scale, support, inputLength, raw);
        }

        ImageArrays<double>.Pool.Return(raw);

        return kernel;
    }

    public void Dispose()
    {
        if (_weights is not null)
        {
            ImageArrays<int>.Pool.Return(_weights);
            ImageArrays<int>.Pool.Return(_first!);
            ImageArrays<int>.Pool.Return(_count!);
            (_weights, _first, _count) = (null, null, null);
        }
    }

    private void Fill(int output, double centre, double support, int inputLength, double[] raw)
    {
        var first = Math.Max(0, (int)(centre - support + 0.5));
        var count = Math.Min(inputLength, (int)(centre + support + 0.5)) - first;
        var sum = 0.0;
        for (var tap = 0; tap < count; tap++)
        {
            var distance = Math.Abs((tap + first - centre + 0.5) / support);
            raw[tap] = Math.Max(0.0, 1.0 - distance);
            sum += raw[tap];
        }

        _first![output] = first;
        _count![output] = count;
        for (var tap = 0; tap < count; tap++)
        {
            var weight = sum == 0 ? 0 : raw[tap] / sum;
            _weights![(output * _stride) + tap] = (int)((weight * (1 << FractionBits)) + 0.5);
        }
    }
}
