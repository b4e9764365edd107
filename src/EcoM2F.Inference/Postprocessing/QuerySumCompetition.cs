using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// Classes whose maps are sums over queries, as <c>meta</c> has them. Queries that add next to nothing to a class in a tile are
/// left out of its sum there; where the best class then leads by less than that can matter, the tile is summed again with all.
/// Labels are those of the whole sums, values within <see cref="Negligible"/> of theirs. Owns rented buffers.
/// </summary>
internal sealed class QuerySumCompetition : ClassCompetition
{
    /// <summary>What the queries that are left out of a class's sum in a tile add up to at most.</summary>
    private const float Negligible = 1e-6f;

    /// <summary>Twice what may be left out, and the rounding of two sums of up to some hundred values.</summary>
    private const float Margin = 1e-5f;

    /// <summary>Rounding of a sum of up to some hundred values, as a part of it.</summary>
    private const float Slack = 2e-5f;

    private readonly ClassWeights _weights;
    private readonly TileBounds _bounds; // by slot
    private readonly float[] _low; // [class, stride]
    private readonly float[] _high; // [class, stride]
    private readonly float[] _probabilities; // [slot, tile]
    private readonly bool[] _isMade; // by slot: in this tile
    private readonly float[] _sum;
    private readonly float[] _second;
    private readonly int[] _slots;
    private readonly float[] _slotWeights;

    /// <param name="tiles">Mask logits, planes are queries; disposed with this.</param>
    public QuerySumCompetition(TileResampler tiles, ClassWeights weights)
        : base(tiles, weights.Classes)
    {
        _weights = weights;
        var slots = weights.Queries.Length;
        _bounds = new TileBounds(tiles, slots, areLogits: true);
        _low = ImageArrays<float>.Pool.Rent(weights.Classes * _bounds.Stride);
        _high = ImageArrays<float>.Pool.Rent(weights.Classes * _bounds.Stride);
        _probabilities = ImageArrays<float>.Pool.Rent(slots * TileResampler.TileValues);
        _isMade = ImageArrays<bool>.Pool.Rent(slots);
        _sum = ImageArrays<float>.Pool.Rent(TileResampler.TileValues);
        _second = ImageArrays<float>.Pool.Rent(TileResampler.TileValues);
        _slots = ImageArrays<int>.Pool.Rent(slots);
        _slotWeights = ImageArrays<float>.Pool.Rent(slots);
    }

    public override void Dispose()
    {
        base.Dispose();
        _bounds.Dispose();
        ImageArrays<float>.Pool.Return(_low);
        ImageArrays<float>.Pool.Return(_high);
        ImageArrays<float>.Pool.Return(_probabilities);
        ImageArrays<bool>.Pool.Return(_isMade);
        ImageArrays<float>.Pool.Return(_sum);
        ImageArrays<float>.Pool.Return(_second);
        ImageArrays<int>.Pool.Return(_slots);
        ImageArrays<float>.Pool.Return(_slotWeights);
    }

    protected override void BoundBand()
    {
        for (var slot = 0; slot < _weights.Queries.Length; slot++)
        {
            _bounds.Update(slot, _weights.Queries[slot]);
        }

        var stride = _bounds.Stride;
        for (var label = 0; label < Classes; label++)
        {
            _weights.Sum(label, _bounds.Low, stride, 0, _low.AsSpan(label * stride, stride));
            _weights.Sum(label, _bounds.High, stride, 0, _high.AsSpan(label * stride, stride));
        }
    }

    protected override (float Low, float High) BoundsOf(int label, int tile)
    {
        var at = (label * _bounds.Stride) + tile;
        return (_low[at] * (1 - Slack), _high[at] * (1 + Slack));
    }

    protected override void Compete(int tile, ReadOnlySpan<int> candidates, Span<float> best, Span<int> labels)
    {
        _isMade.AsSpan(0, _weights.Queries.Length).Clear();
        var second = _second.AsSpan(0, best.Length);
        Compete(tile, candidates, Negligible / _weights.Queries.Length, best, second, labels);
        if (candidates.Length > 1 && !RowKernels.Leads(best, second, Margin))
        {
            Compete(tile, candidates, least: 0, best, second, labels);
        }
    }

    /// <param name="least">What a query must be able to add to a class to count.</param>
    private void Compete(int tile, ReadOnlySpan<int> candidates, float least, Span<float> best, Span<float> second, Span<int> labels)
    {
        best.Fill(-1);
        second.Fill(-1);
        labels.Clear();
        foreach (var label in candidates)
        {
            var sum = _sum.AsSpan(0, best.Length);
            var count = Choose(label, tile, least);
            ClassWeights.Sum(_slots.AsSpan(0, count), _slotWeights.AsSpan(0, count), _probabilities, TileResampler.TileValues, sum);
            RowKernels.TakeTwoBest(sum, label, best, second, labels);
        }
    }

    /// <summary>Chooses the slots that count for a class in a tile, and makes their probabilities.</summary>
    /// <returns>How many.</returns>
    private int Choose(int label, int tile, float least)
    {
        var slots = _weights.Slots(label);
        var weights = _weights.Weights(label);
        var high = _bounds.High;
        var count = 0;
        for (var i = 0; i < slots.Length; i++)
        {
            if (weights[i] * high[(slots[i] * _bounds.Stride) + tile] < least)
            {
                continue;
            }

            (_slots[count], _slotWeights[count]) = (slots[i], weights[i]);
            count++;
            MakeProbabilities(slots[i], tile);
        }

        return count;
    }

    private void MakeProbabilities(int slot, int tile)
    {
        if (_isMade[slot])
        {
            return;
        }

        _isMade[slot] = true;
        var columns = Tiles.Columns(tile);
        var values = _probabilities.AsSpan(slot * TileResampler.TileValues, Tiles.Rows * columns);
        Tiles.Fill(_weights.Queries[slot], tile, values);
        RowKernels.Sigmoid(values, columns);
    }
}
