using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>Loops over one row that all procedures share. Vectors where the hardware has them, the same result without.</summary>
internal static class RowKernels
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

    /// <summary><see cref="TakeMaximum"/>, and the second best beside it.</summary>
    public static void TakeTwoBest(ReadOnlySpan<float> values, int label, Span<float> best, Span<float> second, Span<int> labels)
    {
        ref var input = ref MemoryMarshal.GetReference(values);
        ref var bests = ref MemoryMarshal.GetReference(best);
        ref var seconds = ref MemoryMarshal.GetReference(second);
        ref var output = ref MemoryMarshal.GetReference(labels);
        var code = new Vector<int>(label);
        var x = 0;
        for (; x <= values.Length - Vector<float>.Count; x += Vector<float>.Count)
        {
            var at = (nuint)x;
            var value = Vector.LoadUnsafe(ref input, at);
            var old = Vector.LoadUnsafe(ref bests, at);
            var wins = Vector.GreaterThan(value, old);
            Vector.Max(Vector.LoadUnsafe(ref seconds, at), Vector.Min(value, old)).StoreUnsafe(ref seconds, at);
            Vector.ConditionalSelect(wins, value, old).StoreUnsafe(ref bests, at);
            Vector.ConditionalSelect(wins, code, Vector.LoadUnsafe(ref output, at)).StoreUnsafe(ref output, at);
        }

        for (; x < values.Length; x++)
        {
            second[x] = Math.Max(second[x], Math.Min(values[x], best[x]));
            if (values[x] > best[x])
            {
                best[x] = values[x];
                labels[x] = label;
            }
        }
    }

    /// <summary>Whether every best value leads the second by more than a margin; false where one is not a number.</summary>
    public static bool Leads(ReadOnlySpan<float> best, ReadOnlySpan<float> second, float margin)
    {
        var x = 0;
        for (; x <= best.Length - Vector<float>.Count; x += Vector<float>.Count)
        {
            if (!Vector.GreaterThanAll(new Vector<float>(best[x..]) - new Vector<float>(second[x..]), new Vector<float>(margin)))
            {
                return false;
            }
        }

        for (; x < best.Length; x++)
        {
            if (!(best[x] - second[x] > margin))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>How many values are at or above a threshold.</summary>
    public static int CountFrom(ReadOnlySpan<float> values, float threshold)
    {
        var limits = new Vector<float>(threshold);
        var counts = Vector<int>.Zero;
        var x = 0;
        for (; x <= values.Length - Vector<float>.Count; x += Vector<float>.Count)
        {
            counts -= Vector.GreaterThanOrEqual(new Vector<float>(values[x..]), limits);
        }

        var count = Vector.Sum(counts);
        for (; x < values.Length; x++)
        {
            count += values[x] >= threshold ? 1 : 0;
        }

        return count;
    }

    /// <summary>Writes 1 where a logit is above the threshold, else 0.</summary>
    /// <returns>How many are above.</returns>
    public static int Threshold(ReadOnlySpan<float> logits, float threshold, Span<int> mask)
    {
        ref var input = ref MemoryMarshal.GetReference(logits);
        ref var output = ref MemoryMarshal.GetReference(mask);
        var limits = new Vector<float>(threshold);
        var counts = Vector<int>.Zero;
        var x = 0;
        for (; x <= logits.Length - Vector<float>.Count; x += Vector<float>.Count)
        {
            var above = Vector.GreaterThan(Vector.LoadUnsafe(ref input, (nuint)x), limits); // -1 where true
            (-above).StoreUnsafe(ref output, (nuint)x);
            counts -= above;
        }

        var count = Vector.Sum(counts);
        for (; x < logits.Length; x++)
        {
            mask[x] = logits[x] > threshold ? 1 : 0;
            count += mask[x];
        }

        return count;
    }

    /// <summary>Sum of the values where the mask is 1, in order: a sum in another order would round differently.</summary>
    public static double SumInside(ReadOnlySpan<float> values, ReadOnlySpan<int> mask)
    {
        var sum = 0f; // one row: few enough values for single precision
        for (var x = 0; x < values.Length; x++)
        {
            sum += values[x] * mask[x];
        }

        return sum;
    }

    /// <summary>Weighted sum of consecutive rows.</summary>
    /// <param name="rows">[weights, target]</param>
    public static void MixRows(ReadOnlySpan<float> rows, ReadOnlySpan<float> weights, Span<float> target)
    {
        var length = target.Length;
        ref var row = ref MemoryMarshal.GetReference(rows);
        ref var output = ref MemoryMarshal.GetReference(target);
        var x = 0;
        for (; x <= length - Vector<float>.Count; x += Vector<float>.Count)
        {
            var sum = Vector<float>.Zero;
            for (var tap = 0; tap < weights.Length; tap++)
            {
                sum += Vector.LoadUnsafe(ref row, (nuint)((tap * length) + x)) * weights[tap];
            }

            sum.StoreUnsafe(ref output, (nuint)x);
        }

        for (; x < length; x++)
        {
            var sum = 0f;
            for (var tap = 0; tap < weights.Length; tap++)
            {
                sum += rows[(tap * length) + x] * weights[tap];
            }

            target[x] = sum;
        }
    }

    /// <summary>Makes logits probabilities, in place.</summary>
    /// <param name="columns">Values of a row. Few ones are computed row by row: three and fewer are rounded otherwise than four and more.</param>
    public static void Sigmoid(Span<float> values, int columns)
    {
        if (columns >= Vector128<float>.Count)
        {
            TensorPrimitives.Sigmoid(values, values);
            return;
        }

        for (var start = 0; start < values.Length; start += columns)
        {
            var row = values.Slice(start, columns);
            TensorPrimitives.Sigmoid(row, row);
        }
    }

    /// <summary>A probability threshold as a threshold on logits.</summary>
    public static float Logit(float probability) => probability switch
    {
        <= 0 => float.NegativeInfinity,
        >= 1 => float.PositiveInfinity,
        _ => MathF.Log(probability / (1 - probability)),
    };
}
