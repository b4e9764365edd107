namespace EcoM2F.Inference.Tests.Plain;

/// <summary>
/// A linear resize along one axis: each output sample is a weighted sum of a few consecutive input samples. Bilinear resizes
/// one after the other are linear too, so two of them compose into one table of up to four taps.
/// </summary>
internal sealed class PlainResampleTaps
{
    private PlainResampleTaps(int inputLength, int outputLength, int taps)
    {
        InputLength = inputLength;
        First = new int[outputLength];
        Weights = new float[outputLength * taps];
        Taps = taps;
    }

    public int InputLength { get; }

    public int OutputLength => First.Length;

    /// <summary>Weights per output sample; unused ones are 0.</summary>
    public int Taps { get; }

    /// <summary>First input sample of each output sample; all of its taps lie inside the input.</summary>
    public int[] First { get; }

    /// <summary>[OutputLength, Taps]</summary>
    public float[] Weights { get; }

    /// <summary>PyTorch's <c>interpolate(mode="bilinear", align_corners=False)</c> along one axis.</summary>
    public static PlainResampleTaps Bilinear(int inputLength, int outputLength)
    {
        var taps = new PlainResampleTaps(inputLength, outputLength, Math.Min(2, inputLength));
        var scale = (double)inputLength / outputLength;
        for (var i = 0; i < outputLength; i++)
        {
            var position = Math.Max(0, (scale * (i + 0.5)) - 0.5);
            var first = Math.Min((int)position, inputLength - taps.Taps);
            taps.First[i] = first;
            var fraction = (float)Math.Clamp(position - first, 0, taps.Taps - 1);
            taps.Weights[i * taps.Taps] = 1 - fraction;
            if (taps.Taps == 2)
            {
                taps.Weights[(i * 2) + 1] = fraction;
            }
        }

        return taps;
    }

    /// <summary>This resize, cut to the first samples, and then <paramref name="next"/>.</summary>
    /// <param name="next">Its input is the part that is kept.</param>
    public PlainResampleTaps Then(PlainResampleTaps next)
    {
        var window = 1;
        for (var i = 0; i < next.OutputLength; i++)
        {
            window = Math.Max(window, First[next.First[i] + next.Taps - 1] + Taps - First[next.First[i]]);
        }

        var result = new PlainResampleTaps(InputLength, next.OutputLength, Math.Min(window, InputLength));
        for (var i = 0; i < next.OutputLength; i++)
        {
            var first = Math.Min(First[next.First[i]], InputLength - result.Taps);
            result.First[i] = first;
            for (var outer = 0; outer < next.Taps; outer++)
            {
                var middle = next.First[i] + outer;
                for (var inner = 0; inner < Taps; inner++)
                {
                    result.Weights[(i * result.Taps) + First[middle] + inner - first] +=
                        next.Weights[(i * next.Taps) + outer] * Weights[(middle * Taps) + inner];
                }
            }
        }

        return result;
    }
}
