using System.Numerics;
using System.Runtime.InteropServices;

namespace EcoM2F.Inference.Tests.Plain;

/// <summary>
/// The class probabilities by which the semantic procedure weighs mask probabilities, without those too small to matter: most
/// queries say "no object" or one class.
/// </summary>
internal sealed class PlainClassWeights
{
    /// <summary>
    /// What the dropped probabilities of one class may add up to, hence the largest change of a class map. Rounding of the sum
    /// in single precision over 100 queries is of the same order.
    /// </summary>
    private const float Negligible = 1e-5f;

    private readonly (int Slot, float Weight)[][] _byClass;

    public PlainClassWeights(PlainClassScores scores)
    {
        Classes = scores.Classes;
        _byClass = new (int, float)[scores.Classes][];
        var slots = new Dictionary<int, int>();
        for (var label = 0; label < scores.Classes; label++)
        {
            _byClass[label] = Select(scores, label, slots);
        }

        Queries = [.. slots.OrderBy(static pair => pair.Value).Select(static pair => pair.Key)];
    }

    /// <summary>Queries that matter to some class; a slot is an index into this.</summary>
    public IReadOnlyList<int> Queries { get; }

    public int Classes { get; }

    /// <summary>Sums a stretch of one class map.</summary>
    /// <param name="probabilities">Mask probabilities [slot, <paramref name="stride"/>].</param>
    /// <param name="start">Where in each plane the stretch begins.</param>
    public void Sum(int label, ReadOnlySpan<float> probabilities, int stride, int start, Span<float> target)
    {
        var entries = _byClass[label];
        ref var input = ref MemoryMarshal.GetReference(probabilities);
        ref var output = ref MemoryMarshal.GetReference(target);
        var lanes = Vector<float>.Count;
        var x = 0;
        for (; x <= target.Length - (4 * lanes); x += 4 * lanes)
        {
            Vector<float> a = default, b = default, c = default, d = default;
            foreach (var (slot, weight) in entries)
            {
                var at = (nuint)((slot * stride) + start + x);
                var factor = new Vector<float>(weight);
                a = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(ref input, at), factor, a);
                b = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(ref input, at + (nuint)lanes), factor, b);
                c = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(ref input, at + (nuint)(2 * lanes)), factor, c);
                d = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(ref input, at + (nuint)(3 * lanes)), factor, d);
            }

            a.StoreUnsafe(ref output, (nuint)x);
            b.StoreUnsafe(ref output, (nuint)(x + lanes));
            c.StoreUnsafe(ref output, (nuint)(x + (2 * lanes)));
            d.StoreUnsafe(ref output, (nuint)(x + (3 * lanes)));
        }

        for (; x < target.Length; x++)
        {
            var sum = 0f;
            foreach (var (slot, weight) in entries)
            {
                sum = MathF.FusedMultiplyAdd(probabilities[(slot * stride) + start + x], weight, sum);
            }

            target[x] = sum;
        }
    }

    private static (int Slot, float Weight)[] Select(PlainClassScores scores, int label, Dictionary<int, int> slots)
    {
        var entries = new List<(int Query, float Weight)>(scores.Queries);
        for (var query = 0; query < scores.Queries; query++)
        {
            entries.Add((query, scores.Row(query)[label]));
        }

        entries.Sort(static (a, b) => a.Weight.CompareTo(b.Weight));
        var dropped = 0;
        for (var sum = entries[0].Weight; sum < Negligible && dropped < entries.Count - 1; sum += entries[dropped].Weight)
        {
            dropped++;
        }

        entries.RemoveRange(0, dropped);
        entries.Sort(static (a, b) => a.Query.CompareTo(b.Query));
        return [.. entries.Select(entry => (SlotOf(entry.Query), entry.Weight))];

        int SlotOf(int query)
        {
            if (!slots.TryGetValue(query, out var slot))
            {
                slot = slots.Count;
                slots.Add(query, slot);
            }

            return slot;
        }
    }
}
