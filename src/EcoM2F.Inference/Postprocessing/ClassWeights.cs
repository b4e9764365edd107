using System.Numerics;
using System.Runtime.InteropServices;
using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// The class probabilities by which the semantic procedure weighs mask probabilities, without those too small to matter: most
/// queries say "no object" or one class. Owns rented tables.
/// </summary>
internal sealed class ClassWeights : IDisposable
{
    /// <summary>
    /// What the dropped probabilities of one class may add up to, hence the largest change of a class map. Rounding of the sum
    /// in single precision over 100 queries is of the same order.
    /// </summary>
    private const float Negligible = 1e-5f;

    private readonly int[] _slots; // [Classes, queries]
    private readonly float[] _weights; // [Classes, queries]
    private readonly int[] _counts; // [Classes]: entries of each class
    private readonly int[] _queries; // by slot
    private readonly int _stride;
    private int _slotCount;
    private bool _isDisposed;

    public ClassWeights(ClassScores scores)
    {
        (Classes, _stride) = (scores.Classes, scores.Queries);
        _slots = ImageArrays<int>.Pool.Rent(Classes * _stride);
        _weights = ImageArrays<float>.Pool.Rent(Classes * _stride);
        _counts = ImageArrays<int>.Pool.Rent(Classes);
        _queries = ImageArrays<int>.Pool.Rent(_stride);
        var entries = ImageArrays<Entry>.Pool.Rent(_stride);
        var slotOfQuery = ImageArrays<int>.Pool.Rent(_stride);
        slotOfQuery.AsSpan(0, _stride).Fill(-1);
        for (var label = 0; label < Classes; label++)
        {
            Select(scores, label, entries.AsSpan(0, _stride), slotOfQuery);
        }

        ImageArrays<Entry>.Pool.Return(entries);
        ImageArrays<int>.Pool.Return(slotOfQuery);
    }

    /// <summary>Queries that matter to some class; a slot is an index into this.</summary>
    public ReadOnlySpan<int> Queries => _queries.AsSpan(0, _slotCount);

    public int Classes { get; }

    /// <summary>Slots that matter to a class.</summary>
    public ReadOnlySpan<int> Slots(int label) => _slots.AsSpan(label * _stride, _counts[label]);

    /// <summary>Class probabilities of <see cref="Slots"/>.</summary>
    public ReadOnlySpan<float> Weights(int label) => _weights.AsSpan(label * _stride, _counts[label]);

    /// <summary>Sums a stretch of one class map.</summary>
    /// <param name="probabilities">Mask probabilities [slot, <paramref name="stride"/>].</param>
    /// <param name="start">Where in each plane the stretch begins.</param>
    public void Sum(int label, ReadOnlySpan<float> probabilities, int stride, int start, Span<float> target) =>
        Sum(Slots(label), Weights(label), probabilities[start..], stride, target);

    /// <summary>Weighted sum of the planes of some slots, in their order.</summary>
    /// <param name="probabilities">[slot, <paramref name="stride"/>], of which as many values as <paramref name="target"/> has are read.</param>
    public static void Sum(ReadOnlySpan<int> slots, ReadOnlySpan<float> weights, ReadOnlySpan<float> probabilities, int stride, Span<float> target)
    {
        ref var input = ref MemoryMarshal.GetReference(probabilities);
        ref var output = ref MemoryMarshal.GetReference(target);
        var lanes = Vector<float>.Count;
        var x = 0;
        for (; x <= target.Length - (4 * lanes); x += 4 * lanes)
        {
            Vector<float> a = default, b = default, c = default, d = default;
            for (var i = 0; i < slots.Length; i++)
            {
                var at = (nuint)((slots[i] * stride) + x);
                var factor = new Vector<float>(weights[i]);
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

        for (; x <= target.Length - lanes; x += lanes)
        {
            Vector<float> sum = default;
            for (var i = 0; i < slots.Length; i++)
            {
                sum = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(ref input, (nuint)((slots[i] * stride) + x)), new Vector<float>(weights[i]), sum);
            }

            sum.StoreUnsafe(ref output, (nuint)x);
        }

        for (; x < target.Length; x++)
        {
            var sum = 0f;
            for (var i = 0; i < slots.Length; i++)
            {
                sum = MathF.FusedMultiplyAdd(probabilities[(slots[i] * stride) + x], weights[i], sum);
            }

            target[x] = sum;
        }
    }

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            ImageArrays<int>.Pool.Return(_slots);
            ImageArrays<float>.Pool.Return(_weights);
            ImageArrays<int>.Pool.Return(_counts);
            ImageArrays<int>.Pool.Return(_queries);
        }
    }

    private void Select(ClassScores scores, int label, Span<Entry> entries, Span<int> slotOfQuery)
    {
        for (var query = 0; query < entries.Length; query++)
        {
            entries[query] = new Entry(query, scores.Row(query)[label]);
        }

        entries.Sort(static (a, b) => a.Weight.CompareTo(b.Weight));
        var dropped = 0;
        for (var sum = entries[0].Weight; sum < Negligible && dropped < entries.Length - 1; sum += entries[dropped].Weight)
        {
            dropped++;
        }

        var kept = entries[dropped..];
        kept.Sort(static (a, b) => a.Query.CompareTo(b.Query));
        _counts[label] = kept.Length;
        for (var i = 0; i < kept.Length; i++)
        {
            ref var slot = ref slotOfQuery[kept[i].Query];
            if (slot < 0)
            {
                slot = _slotCount;
                _queries[_slotCount++] = kept[i].Query;
            }

            _slots[(label * _stride) + i] = slot;
            _weights[(label * _stride) + i] = kept[i].Weight;
        }
    }

    private readonly record struct Entry(int Query, float Weight);
}
