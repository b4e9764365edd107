using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// Resizes rows along x. Where eight neighbouring output samples read at most eight input samples, as they do whenever a row
/// becomes twice as long or longer, one load and a shuffle per tap replace eight times as many. Owns rented tables.
/// </summary>
/// <remarks>Sums run over the taps in order whatever the path, so that all give the same bits.</remarks>
internal sealed class RowStretch : IDisposable
{
    private const int Lanes = 8;

    private readonly ResampleTaps _taps;
    private readonly int _groups;
    private int[]? _bases; // by group of eight outputs: where to load, -1 where it takes the scalar path
    private int[]? _indexes; // [groups, 8]: place of each output's first tap in the loaded vector
    private float[]? _weights; // [groups, taps, 8]

    /// <param name="taps">Stays the caller's, who disposes it after this.</param>
    public RowStretch(ResampleTaps taps)
    {
        _taps = taps;
        _groups = taps.OutputLength / Lanes;
        _bases = ImageArrays<int>.Pool.Rent(_groups);
        _indexes = ImageArrays<int>.Pool.Rent(_groups * Lanes);
        _weights = ImageArrays<float>.Pool.Rent(_groups * Lanes * taps.Taps);
        for (var group = 0; group < _groups; group++)
        {
            Prepare(group);
        }
    }

    /// <summary>Output samples [left, left + target) of one row, by vectors where the processor has them.</summary>
    public void Run(ReadOnlySpan<float> source, int left, Span<float> target)
    {
        if (Vector256.IsHardwareAccelerated && left % Lanes == 0)
        {
            RunVector(source, left, target);
        }
        else
        {
            RunScalar(source, left, target);
        }
    }

    public void RunVector(ReadOnlySpan<float> source, int left, Span<float> target)
    {
        var (taps, whole) = (_taps.Taps, target.Length / Lanes);
        ref var output = ref MemoryMarshal.GetReference(target);
        ref var input = ref MemoryMarshal.GetReference(source);
        ref var weights = ref MemoryMarshal.GetArrayDataReference(_weights!);
        ref var indexes = ref MemoryMarshal.GetArrayDataReference(_indexes!);
        for (var i = 0; i < whole; i++)
        {
            var group = (left / Lanes) + i;
            var start = _bases![group];
            if (start < 0)
            {
                RunScalar(source, left + (i * Lanes), target.Slice(i * Lanes, Lanes));
                continue;
            }

            var samples = Vector256.LoadUnsafe(ref input, (nuint)start);
            var index = Vector256.LoadUnsafe(ref indexes, (nuint)(group * Lanes));
            var sum = Vector256<float>.Zero;
            for (var tap = 0; tap < taps; tap++)
            {
                sum += Vector256.Shuffle(samples, index) * Vector256.LoadUnsafe(ref weights, (nuint)(((group * taps) + tap) * Lanes));
                index += Vector256<int>.One;
            }

            sum.StoreUnsafe(ref output, (nuint)(i * Lanes));
        }

        RunScalar(source, left + (whole * Lanes), target[(whole * Lanes)..]);
    }

    public void RunScalar(ReadOnlySpan<float> source, int left, Span<float> target)
    {
        var taps = _taps.Taps;
        var first = _taps.First.Slice(left, target.Length);
        var weights = _taps.Weights[(left * _taps.Taps)..];
        for (var x = 0; x < target.Length; x++)
        {
            var sum = 0f;
            for (var tap = 0; tap < taps; tap++)
            {
                sum += source[first[x] + tap] * weights[(x * taps) + tap];
            }

            target[x] = sum;
        }
    }

    public void Dispose()
    {
        if (_bases is not null)
        {
            ImageArrays<int>.Pool.Return(_bases);
            ImageArrays<int>.Pool.Return(_indexes!);
            ImageArrays<float>.Pool.Return(_weights!);
            (_bases, _indexes, _weights) = (null, null, null);
        }
    }

    private void Prepare(int group)
    {
        var taps = _taps.Taps;
        var first = _taps.First.Slice(group * Lanes, Lanes);
        var start = Math.Min(first[0], _taps.InputLength - Lanes);
        _bases![group] = start >= 0 && first[^1] + taps - start <= Lanes ? start : -1;
        for (var lane = 0; lane < Lanes; lane++)
        {
            _indexes![(group * Lanes) + lane] = first[lane] - start;
            for (var tap = 0; tap < taps; tap++)
            {
                _weights![(((group * taps) + tap) * Lanes) + lane] = _taps.Weights[(((group * Lanes) + lane) * taps) + tap];
            }
        }
    }
}
