using System.Numerics;
using System.Runtime.InteropServices;

namespace EcoM2F.Inference.Tests.Plain;

/// <summary>Loops over one row that all procedures share. Vectors where the hardware has them, the same result without.</summary>
internal static class PlainRowKernels
{
    /// <summary>
    /// Assigns to a query the pixels of a row where factor * probability is above the best so far.
    /// </summary>
    /// <param name="factor">The query's class score.</param>
    /// <param name="threshold">From which probability on a pixel is in the query's mask.</param>
    /// <param name="code">Written to the assigned pixels: this, or this + 1 where the pixel is also in the mask.</param>
    /// <returns>Pixels in the mask, assigned or not.</returns>
    public static int AssignPixels(ReadOnlySpan<float> probabilities, float factor, float threshold, int code, Span<float> best, Span<int> owner)
    {
        var length = probabilities.Length;
        ref var input = ref MemoryMarshal.GetReference(probabilities);
        ref var bests = ref MemoryMarshal.GetReference(best);
        ref var owners = ref MemoryMarshal.GetReference(owner);
        var inMask = Vector<int>.Zero;
        var codes = new Vector<int>(code);
        var limits = new Vector<float>(threshold);
        var x = 0;
        for (; x <= length - Vector<float>.Count; x += Vector<float>.Count)
        {
            var at = (nuint)x;
            var probability = Vector.LoadUnsafe(ref input, at);
            var old = Vector.LoadUnsafe(ref bests, at);
            var weighted = probability * factor;
            var wins = Vector.GreaterThan(weighted, old);
            var above = Vector.GreaterThanOrEqual(probability, limits); // -1 where true
            inMask -= above;
            Vector.ConditionalSelect(wins, weighted, old).StoreUnsafe(ref bests, at);
            Vector.ConditionalSelect(wins, codes - above, Vector.LoadUnsafe(ref owners, at)).StoreUnsafe(ref owners, at);
        }

        var count = Vector.Sum(inMask);
        for (; x < length; x++)
        {
            var above = probabilities[x] >= threshold ? 1 : 0;
            var weighted = probabilities[x] * factor;
            count += above;
            if (weighted > best[x])
            {
                best[x] = weighted;
                owner[x] = code + above;
            }
        }

        return count;
    }

    /// <summary>Writes a label where a class map is above the best so far.</summary>
    public static void TakeMaximum(ReadOnlySpan<float> values, int label, Span<float> best, Span<int> labels)
    {
        ref var input = ref MemoryMarshal.GetReference(values);
        ref var bests = ref MemoryMarshal.GetReference(best);
        ref var output = ref MemoryMarshal.GetReference(labels);
        var code = new Vector<int>(label);
        var x = 0;
        for (; x <= values.Length - Vector<float>.Count; x += Vector<float>.Count)
        {
            var at = (nuint)x;
            var value = Vector.LoadUnsafe(ref input, at);
            var old = Vector.LoadUnsafe(ref bests, at);
            var wins = Vector.GreaterThan(value, old);
            Vector.ConditionalSelect(wins, value, old).StoreUnsafe(ref bests, at);
            Vector.ConditionalSelect(wins, code, Vector.LoadUnsafe(ref output, at)).StoreUnsafe(ref output, at);
        }

        for (; x < values.Length; x++)
        {
            if (values[x] > best[x])
            {
                best[x] = values[x];
                labels[x] = label;
            }
        }
    }

    /// <summary>Writes 1 where a logit is above the threshold, else 0.</summary>
    /// <returns>How many are above.</returns>
    public static int Threshold(ReadOnlySpan<float> logits, float threshold, Span<byte> mask)
    {
        var count = 0;
        for (var x = 0; x < logits.Length; x++)
        {
            var above = logits[x] > threshold ? 1 : 0;
            mask[x] = (byte)above;
            count += above;
        }

        return count;
    }

    /// <summary>Sum of the values where the mask is 1.</summary>
    public static double SumInside(ReadOnlySpan<float> values, ReadOnlySpan<byte> mask)
    {
        var sum = 0f; // one row: few enough values for single precision
        for (var x = 0; x < values.Length; x++)
        {
            sum += values[x] * mask[x];
        }

        return sum;
    }

    /// <summary>A probability threshold as a threshold on logits.</summary>
    public static float Logit(float probability) => probability switch
    {
        <= 0 => float.NegativeInfinity,
        >= 1 => float.PositiveInfinity,
        _ => MathF.Log(probability / (1 - probability)),
    };
}
