namespace EcoM2F.Inference.Tests.Plain;

/// <summary>
/// Weights of Pillow's BILINEAR filter along one axis: a triangle, widened by the reduction factor when shrinking, in fixed
/// point with 22 fractional bits (Pillow's <c>Resample.c</c>: 32 bits less 8 of the sample and 2 of head room).
/// </summary>
internal sealed class PlainTriangleKernel
{
    public const int FractionBits = 22;

    /// <summary>0.5 in fixed point: sums start at it, so that the final shift rounds.</summary>
    public const int Half = 1 << (FractionBits - 1);

    private readonly int[] _weights;
    private readonly int _stride;

    private PlainTriangleKernel(int outputLength, int stride)
    {
        First = new int[outputLength];
        Count = new int[outputLength];
        _stride = stride;
        _weights = new int[outputLength * stride];
    }

    /// <summary>First input sample of each output sample.</summary>
    public int[] First { get; }

    /// <summary>How many input samples each output sample mixes.</summary>
    public int[] Count { get; }

    /// <summary>Weights of one output sample; they sum to 2^22 but for rounding.</summary>
    public ReadOnlySpan<int> Weights(int output) => _weights.AsSpan(output * _stride, Count[output]);

    public static PlainTriangleKernel Create(int inputLength, int outputLength)
    {
        var scale = (double)inputLength / outputLength;
        var support = Math.Max(scale, 1.0);
        var kernel = new PlainTriangleKernel(outputLength, (2 * (int)Math.Ceiling(support)) + 1);
        var raw = new double[kernel._stride];
        for (var output = 0; output < outputLength; output++)
        {
            kernel.Fill(output, (output + 0.5) * scale, support, inputLength, raw);
        }

        return kernel;
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

        First[output] = first;
        Count[output] = count;
        for (var tap = 0; tap < count; tap++)
        {
            var weight = sum == 0 ? 0 : raw[tap] / sum;
            _weights[(output * _stride) + tap] = (int)((weight * (1 << FractionBits)) + 0.5);
        }
    }
}
