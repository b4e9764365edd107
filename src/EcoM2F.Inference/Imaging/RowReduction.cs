using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace EcoM2F.Inference.Imaging;

/// <summary>
/// The first pass of Pillow's resize, along a row of interleaved RGB, for rows that shrink little: eight neighbouring values of
/// the result then read from one window of 16 bytes for each tap. Others take <see cref="TriangleResizer.ResizeRow"/>'s way.
/// Owns rented tables.
/// </summary>
/// <remarks>Whole numbers: every path gives the same bits.</remarks>
internal sealed class RowReduction : IDisposable
{
    private const int Channels = 3;
    private const int Lanes = 8;
    private const int Window = 16;

    private readonly TriangleKernel _kernel;
    private readonly int _sourceLength;
    private readonly int _taps;
    private readonly int _groups;
    private int[]? _starts; // by group of eight values: byte of the first tap's window
    private byte[]? _places; // [groups, 16]: of each value in the first tap's window; the upper half is not used
    private int[]? _weights; // [groups, taps, 8]

    /// <param name="sourceWidth">Pixels of the rows that will be resized.</param>
    public RowReduction(TriangleKernel kernel, int sourceWidth)
    {
        (_kernel, _sourceLength) = (kernel, sourceWidth * Channels);
        foreach (var count in kernel.Count)
        {
            _taps = Math.Max(_taps, count);
        }

        _groups = CountGroups();
        if (_groups > 0)
        {
            _starts = ArrayPool<int>.Shared.Rent(_groups);
            _places = ArrayPool<byte>.Shared.Rent(_groups * Window);
            _weights = ArrayPool<int>.Shared.Rent(_groups * _taps * Lanes);
            _places.AsSpan(0, _groups * Window).Clear();
            _weights.AsSpan(0, _groups * _taps * Lanes).Clear();
            for (var group = 0; group < _groups; group++)
            {
                Prepare(group);
            }
        }
    }

    /// <summary>Resizes one row.</summary>
    /// <param name="source">[input width, 3].</param>
    /// <param name="target">[output width, 3].</param>
    public void Run(ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (Vector256.IsHardwareAccelerated)
        {
            RunVector(source, target);
        }
        else
        {
            TriangleResizer.ResizeRow(source, target, _kernel, 0);
        }
    }

    public void RunVector(ReadOnlySpan<byte> source, Span<byte> target)
    {
        var done = 0;
        if (_groups > 0)
        {
            ref var input = ref MemoryMarshal.GetReference(source[.._sourceLength]);
            ref var output = ref MemoryMarshal.GetReference(target);
            ref var places = ref MemoryMarshal.GetArrayDataReference(_places!);
            ref var weights = ref MemoryMarshal.GetArrayDataReference(_weights!);
            for (var group = 0; group < _groups; group++)
            {
                var place = Vector128.LoadUnsafe(ref places, (nuint)(group * Window));
                var sum = Vector256.Create(TriangleKernel.Half);
                for (var tap = 0; tap < _taps; tap++)
                {
                    var window = Vector128.LoadUnsafe(ref input, (nuint)(_starts![group] + (tap * Channels)));
                    var words = Vector128.WidenLower(Vector128.ShuffleNative(window, place));
                    sum += Vector256.WidenLower(words.ToVector256Unsafe()).AsInt32() * Vector256.LoadUnsafe(ref weights, (nuint)(((group * _taps) + tap) * Lanes));
                }

                // Within 0 to 255 but for the rounding of the weights, which saturation cuts as clipping does.
                sum = Vector256.Min(Vector256.Max(sum >> TriangleKernel.FractionBits, Vector256<int>.Zero), Vector256.Create(255));
                var narrow = Vector256.Narrow(sum.AsUInt32(), sum.AsUInt32()).GetLower();
                Vector128.Narrow(narrow, narrow).GetLower().StoreUnsafe(ref output, (nuint)(group * Lanes));
            }

            done = _groups * Lanes / Channels;
        }

        TriangleResizer.ResizeRow(source, target, _kernel, done);
    }

    public void Dispose()
    {
        if (_starts is not null)
        {
            ArrayPool<int>.Shared.Return(_starts);
            ArrayPool<byte>.Shared.Return(_places!);
            ArrayPool<int>.Shared.Return(_weights!);
            (_starts, _places, _weights) = (null, null, null);
        }
    }

    /// <summary>Leading groups whose windows lie in the row; none where one is wider than a window.</summary>
    private int CountGroups()
    {
        var groups = 0;
        for (; (groups + 1) * Lanes <= _kernel.First.Length * Channels; groups++)
        {
            var (start, end) = Reach(groups);
            if (end - start > Window)
            {
                return 0;
            }

            if (start + ((_taps - 1) * Channels) + Window > _sourceLength)
            {
                break;
            }
        }

        return groups;
    }

    /// <summary>Bytes that the first taps of a group's values lie in.</summary>
    private (int Start, int End) Reach(int group)
    {
        var (first, last) = (group * Lanes, (group * Lanes) + Lanes - 1);
        return (_kernel.First[first / Channels] * Channels, (_kernel.First[last / Channels] * Channels) + Channels);
    }

    private void Prepare(int group)
    {
        var start = Reach(group).Start;
        _starts![group] = start;
        for (var lane = 0; lane < Lanes; lane++)
        {
            var (x, channel) = Math.DivRem((group * Lanes) + lane, Channels);
            _places![(group * Window) + lane] = (byte)((_kernel.First[x] * Channels) + channel - start);
            var weights = _kernel.Weights(x);
            for (var tap = 0; tap < weights.Length; tap++)
            {
                _weights![(((group * _taps) + tap) * Lanes) + lane] = weights[tap];
            }
        }
    }
}
