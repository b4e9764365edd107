using System.Buffers;

namespace EcoM2F.Inference.Tests.Plain;

/// <summary>
/// Builds column-major runs from a mask that arrives row by row, without keeping it: only the pixels where a row differs from
/// the one above are noted, so memory follows the outline. Owns rented buffers; not thread-safe.
/// </summary>
internal sealed class PlainMaskRunBuilder(int height, int width) : IDisposable
{
    /// <summary>Bytes compared at once: two 256-bit vectors.</summary>
    private const int Chunk = 64;

    private readonly List<(int X, int Y)> _changes = [];
    private byte[]? _previous = RentCleared(width);
    private int _rows;

    /// <param name="row">[width] of 0 and 1.</param>
    public void AddRow(ReadOnlySpan<byte> row)
    {
        var previous = _previous.AsSpan(0, width);
        for (var start = 0; start < width; start += Chunk)
        {
            var length = Math.Min(Chunk, width - start);
            var old = previous.Slice(start, length);
            var current = row.Slice(start, length);
            if (!current.SequenceEqual(old))
            {
                NoteChanges(old, current, start);
                current.CopyTo(old);
            }
        }

        _rows++;
    }

    /// <summary>The runs of all rows added so far.</summary>
    public PlainMaskRuns ToRuns()
    {
        var runs = new PlainMaskRuns(height, width);
        var ends = new int[width + 1]; // of each column's part of the sorted changes
        foreach (var (x, _) in _changes)
        {
            ends[x + 1]++;
        }

        for (var x = 0; x < width; x++)
        {
            ends[x + 1] += ends[x];
        }

        var sorted = new int[_changes.Count]; // by column; a counting sort keeps rows ascending
        var next = ends.AsSpan(0, width).ToArray();
        foreach (var (x, y) in _changes)
        {
            sorted[next[x]++] = y;
        }

        for (var x = 0; x < width; x++)
        {
            AddColumn(runs, sorted.AsSpan(ends[x], ends[x + 1] - ends[x]), x * height);
        }

        return runs;
    }

    public void Dispose()
    {
        if (_previous is not null)
        {
            ArrayPool<byte>.Shared.Return(_previous);
            _previous = null;
        }
    }

    private void AddColumn(PlainMaskRuns runs, ReadOnlySpan<int> changes, int offset)
    {
        for (var i = 0; i < changes.Length; i += 2)
        {
            var end = i + 1 < changes.Length ? changes[i + 1] : _rows;
            runs.Add(offset + changes[i], offset + end);
        }
    }

    private void NoteChanges(ReadOnlySpan<byte> old, ReadOnlySpan<byte> current, int start)
    {
        for (var i = 0; i < old.Length; i++)
        {
            if (old[i] != current[i])
            {
                _changes.Add((start + i, _rows));
            }
        }
    }

    private static byte[] RentCleared(int length)
    {
        var rented = ArrayPool<byte>.Shared.Rent(length);
        rented.AsSpan(0, length).Clear();
        return rented;
    }
}
