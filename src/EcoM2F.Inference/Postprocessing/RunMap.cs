using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// A map of codes that arrives row by row and is kept as runs down its columns: only pixels that differ from the one above are
/// noted, so memory follows outlines, and what is asked of the finished map costs as much as there are runs. Owns rented
/// buffers; not thread-safe.
/// </summary>
internal sealed class RunMap : IDisposable
{
    /// <summary>Codes compared at once: two 256-bit vectors.</summary>
    private const int Chunk = 16;

    private readonly int _width;
    private readonly int _height;
    private int[]? _previous;
    private Change[] _changes; // row by row; once all rows are there, column by column
    private int[]? _starts; // [width + 1]: of each column's changes, once they are sorted
    private int _count;
    private int _rows;

    public RunMap(int height, int width)
    {
        (_height, _width) = (height, width);
        _previous = ImageArrays<int>.Pool.Rent(width);
        _previous.AsSpan(0, width).Fill(-1);
        _changes = ImageArrays<Change>.Pool.Rent(4 * width);
    }

    public int Width => _width;

    public int Height => _height;

    /// <param name="row">[width], codes of 0 and more.</param>
    public void AddRow(ReadOnlySpan<int> row)
    {
        var previous = _previous.AsSpan(0, _width);
        for (var start = 0; start < _width; start += Chunk)
        {
            var length = Math.Min(Chunk, _width - start);
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

    /// <summary>Adds all rows of a map of the same width, whose runs have not been asked for yet.</summary>
    public void AddRows(RunMap below)
    {
        foreach (ref readonly var change in below._changes.AsSpan(0, below._count))
        {
            if (change.Y > 0 || change.Code != _previous![change.X])
            {
                Note(change with { Y = _rows + change.Y });
            }
        }

        below._previous.AsSpan(0, _width).CopyTo(_previous);
        _rows += below._rows;
    }

    /// <summary>More rows like the one before.</summary>
    public void RepeatRows(int count) => _rows += count;

    /// <summary>Counts the pixels of every code.</summary>
    /// <param name="areas">By code.</param>
    public void CountAreas(Span<int> areas)
    {
        Sort();
        for (var x = 0; x < _width; x++)
        {
            var column = Column(x);
            for (var i = 0; i < column.Length; i++)
            {
                areas[column[i].Code] += End(column, i) - column[i].Y;
            }
        }
    }

    /// <summary>Adds the runs of all rows to the masks of their codes.</summary>
    /// <param name="masks">By code; several codes may share one.</param>
    public void AddTo(ReadOnlySpan<MaskRuns?> masks)
    {
        Sort();
        for (var x = 0; x < _width; x++)
        {
            var column = Column(x);
            for (var i = 0; i < column.Length; i++)
            {
                masks[column[i].Code]?.Add((x * _height) + column[i].Y, (x * _height) + End(column, i));
            }
        }
    }

    /// <summary>Sets the pixels of some codes to 0 in a picture of the map's size.</summary>
    /// <param name="picture">[height, width] row by row.</param>
    /// <param name="isCleared">By code.</param>
    public void Clear(Span<byte> picture, ReadOnlySpan<bool> isCleared)
    {
        Sort();
        for (var x = 0; x < _width; x++)
        {
            var column = Column(x);
            for (var i = 0; i < column.Length; i++)
            {
                for (var y = column[i].Y; isCleared[column[i].Code] && y < End(column, i); y++)
                {
                    picture[(y * _width) + x] = 0;
                }
            }
        }
    }

    public void Dispose()
    {
        if (_previous is not null)
        {
            ImageArrays<int>.Pool.Return(_previous);
            ImageArrays<Change>.Pool.Return(_changes);
            _previous = null;
        }

        if (_starts is not null)
        {
            ImageArrays<int>.Pool.Return(_starts);
            _starts = null;
        }
    }

    private ReadOnlySpan<Change> Column(int x) => _changes.AsSpan(_starts![x], _starts[x + 1] - _starts[x]);

    private int End(ReadOnlySpan<Change> column, int i) => i + 1 < column.Length ? column[i + 1].Y : _rows;

    private void NoteChanges(ReadOnlySpan<int> old, ReadOnlySpan<int> current, int start)
    {
        for (var i = 0; i < old.Length; i++)
        {
            if (old[i] != current[i])
            {
                Note(new Change(start + i, _rows, current[i]));
            }
        }
    }

    private void Note(Change change)
    {
        if (_count == _changes.Length)
        {
            Grow();
        }

        _changes[_count++] = change;
    }

    private void Grow()
    {
        var larger = ImageArrays<Change>.Pool.Rent(2 * _changes.Length);
        _changes.AsSpan(0, _count).CopyTo(larger);
        ImageArrays<Change>.Pool.Return(_changes);
        _changes = larger;
    }

    /// <summary>By column; a counting sort keeps rows ascending.</summary>
    private void Sort()
    {
        if (_starts is not null)
        {
            return;
        }

        _starts = ImageArrays<int>.Pool.Rent(_width + 2);
        var next = _starts.AsSpan(0, _width + 2); // counted two places on, so that placing leaves every start where it belongs
        next.Clear();
        foreach (ref readonly var change in _changes.AsSpan(0, _count))
        {
            next[change.X + 2]++;
        }

        for (var x = 2; x < next.Length; x++)
        {
            next[x] += next[x - 1];
        }

        var sorted = ImageArrays<Change>.Pool.Rent(Math.Max(1, _count));
        foreach (ref readonly var change in _changes.AsSpan(0, _count))
        {
            sorted[next[change.X + 1]++] = change;
        }

        ImageArrays<Change>.Pool.Return(_changes);
        _changes = sorted;
    }

    private readonly record struct Change(int X, int Y, int Code);
}
