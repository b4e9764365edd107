using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace EcoM2F.Inference.Tests.Plain;

/// <summary>
/// Resizes planes to the image's size band by band: the few input rows that a band needs are stretched along x once, and every
/// output row is a weighted sum of those. Memory is a few rows, whatever the image's height. Owns rented buffers; not
/// thread-safe.
/// </summary>
internal sealed class PlainBandResampler : IDisposable
{
    private readonly PlainPlaneRows _source;
    private readonly PlainResampleTaps _vertical;
    private readonly PlainResampleTaps _horizontal;
    private readonly float[] _scratch;
    private readonly float[] _stretched; // [input rows of a band, Width]
    private int _firstRow;

    /// <param name="bandRows">Rows of the largest band that will be loaded.</param>
    public PlainBandResampler(PlainPlaneRows source, PlainResampleTaps vertical, PlainResampleTaps horizontal, int bandRows)
    {
        _source = source;
        _vertical = vertical;
        _horizontal = horizontal;
        BandRows = Math.Min(bandRows, vertical.OutputLength);
        _scratch = ArrayPool<float>.Shared.Rent(source.Columns);
        _stretched = ArrayPool<float>.Shared.Rent(MaxInputRows() * Width);
    }

    public int Width => _horizontal.OutputLength;

    public int Height => _vertical.OutputLength;

    public int BandRows { get; }

    /// <summary>Prepares output rows [top, bottom) of all planes.</summary>
    public void BeginBand(int top, int bottom)
    {
        var (first, count) = InputRows(top, bottom);
        _source.Prepare(first, count);
    }

    /// <summary>Stretches what output rows [top, bottom) of one plane need.</summary>
    public void Load(int plane, int top, int bottom)
    {
        (_firstRow, var count) = InputRows(top, bottom);
        for (var row = 0; row < count; row++)
        {
            var source = _source.Row(plane, _firstRow + row, _scratch.AsSpan(0, _source.Columns));
            Stretch(source, _stretched.AsSpan(row * Width, Width), _horizontal);
        }
    }

    /// <summary>Writes one output row of the plane that was loaded.</summary>
    /// <param name="target">[Width]</param>
    public void Row(int y, Span<float> target)
    {
        var weights = _vertical.Weights.AsSpan(y * _vertical.Taps, _vertical.Taps);
        var rows = _stretched.AsSpan((_vertical.First[y] - _firstRow) * Width, _vertical.Taps * Width);
        MixRows(rows, weights, target);
    }

    public void Dispose()
    {
        ArrayPool<float>.Shared.Return(_scratch);
        ArrayPool<float>.Shared.Return(_stretched);
    }

    /// <summary>Resizes one row along x.</summary>
    public static void Stretch(ReadOnlySpan<float> source, Span<float> target, PlainResampleTaps taps)
    {
        var first = taps.First;
        var weights = taps.Weights;
        switch (taps.Taps)
        {
            case 2:
                for (var x = 0; x < target.Length; x++)
                {
                    var at = first[x];
                    target[x] = (source[at] * weights[x * 2]) + (source[at + 1] * weights[(x * 2) + 1]);
                }

                break;
            case 3:
                for (var x = 0; x < target.Length; x++)
                {
                    var at = first[x];
                    target[x] = (source[at] * weights[x * 3]) + (source[at + 1] * weights[(x * 3) + 1]) + (source[at + 2] * weights[(x * 3) + 2]);
                }

                break;
            default:
                for (var x = 0; x < target.Length; x++)
                {
                    var sum = 0f;
                    for (var tap = 0; tap < taps.Taps; tap++)
                    {
                        sum += source[first[x] + tap] * weights[(x * taps.Taps) + tap];
                    }

                    target[x] = sum;
                }

                break;
        }
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

    private (int First, int Count) InputRows(int top, int bottom)
    {
        var first = _vertical.First[top];
        return (first, _vertical.First[bottom - 1] + _vertical.Taps - first);
    }

    private int MaxInputRows()
    {
        var most = 0;
        for (var top = 0; top < Height; top += BandRows)
        {
            most = Math.Max(most, InputRows(top, Math.Min(top + BandRows, Height)).Count);
        }

        return most;
    }
}
