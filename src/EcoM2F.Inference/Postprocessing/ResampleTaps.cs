using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// A linear resize along one axis: each output sample is a weighted sum of a few consecutive input samples. Bilinear resizes
/// one after the other are linear too, so two of them compose into one table of up to four taps. Owns rented tables, which are
/// longer than the axis.
/// </summary>
internal sealed class ResampleTaps : IDisposable
{
    private int[]? _first;
    private float[]? _weights;

    private ResampleTaps(int inputLength, int outputLength, int taps)
    {
        InputLength = inputLength;
        OutputLength = outputLength;
        Taps = taps;
        _first = ImageArrays<int>.Pool.Rent(outputLength);
        _weights = ImageArrays<float>.Pool.Rent(outputLength * taps);
        _weights.AsSpan(0, outputLength * taps).Clear();
    }

    public int InputLength { get; }

    public int OutputLength { get; }

    /// <summary>Weights per output sample, none below 0; unused ones are 0.</summary>
    public int Taps { get; }

    /// <summary>First input sample of each output sample; all of its taps lie inside the input. [OutputLength]</summary>
    public ReadOnlySpan<int> First => Firsts;

    /// <summary>[OutputLength, Taps]</summary>
    public ReadOnlySpan<float> Weights => AllWeights;

    private Span<int> Firsts => _first.AsSpan(0, OutputLength);

    private Span<float> AllWeights => _weights.AsSpan(0, OutputLength * Taps);

    /// <summary>PyTorch's <c>interpolate(mode="bilinear", align_corners=False)</c> along one axis.</summary>
    /// <returns>Owned by the caller.</returns>
    public static ResampleTaps Bilinear(int inputLength, int outputLength)
    {
        var result = new ResampleTaps(inputLength, outputLength, Math.Min(2, inputLength));
        var taps = result.Taps;
        var firsts = result.Firsts;
        var weights = result.AllWeights;
        var scale = (double)inputLength / outputLength;
        for (var i = 0; i < outputLength; i++)
        {
            var position = Math.Max(0, (scale * (i + 0.5)) - 0.5);
            var first = Math.Min((int)position, inputLength - taps);
            firsts[i] = first;
            var fraction = (float)Math.Clamp(position - first, 0, taps - 1);
            weights[i * taps] = 1 - fraction;
            if (taps == 2)
            {
                weights[(i * 2) + 1] = fraction;
            }
        }

        return result;
    }

    /// <summary>Two resizes as one.</summary>
    /// <returns>Owned by the caller.</returns>
    public static ResampleTaps Bilinear(int inputLength, int middleLength, int outputLength)
    {
        using var first = Bilinear(inputLength, middleLength);
        using var second = Bilinear(middleLength, outputLength);
        return first.Then(second);
    }

    /// <summary>This resize, cut to the first samples, and then <paramref name="next"/>.</summary>
    /// <param name="next">Its input is the part that is kept.</param>
    /// <returns>Owned by the caller.</returns>
    public ResampleTaps Then(ResampleTaps next)
    {
        var first = First;
        var nextFirst = next.First;
        var window = 1;
        for (var i = 0; i < next.OutputLength; i++)
        {
            window = Math.Max(window, first[nextFirst[i] + next.Taps - 1] + Taps - first[nextFirst[i]]);
        }

        var result = new ResampleTaps(InputLength, next.OutputLength, Math.Min(window, InputLength));
        var firsts = result.Firsts;
        var weights = result.AllWeights;
        for (var i = 0; i < next.OutputLength; i++)
        {
            var start = Math.Min(first[nextFirst[i]], InputLength - result.Taps);
            firsts[i] = start;
            for (var outer = 0; outer < next.Taps; outer++)
            {
                var middle = nextFirst[i] + outer;
                for (var inner = 0; inner < Taps; inner++)
                {
                    weights[(i * result.Taps) + first[middle] + inner - start] +=
                        next.Weights[(i * next.Taps) + outer] * Weights[(middle * Taps) + inner];
                }
            }
        }

        return result;
    }

    public void Dispose()
    {
        if (_first is not null)
        {
            ImageArrays<int>.Pool.Return(_first);
            ImageArrays<float>.Pool.Return(_weights!);
            (_first, _weights) = (null, null);
        }
    }
}
