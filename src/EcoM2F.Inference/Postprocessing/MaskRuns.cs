using EcoM2F.Inference.Memory;

namespace EcoM2F.Inference.Postprocessing;

/// <summary>Run lengths of one mask while they are found, with its area and box. Runs are added in ascending order. Owns a rented buffer.</summary>
internal sealed class MaskRuns(int height, int width) : IDisposable
{
    /// <summary>Enough for most masks.</summary>
    private const int FirstCapacity = 1024;

    private int[]? _counts = ImageArrays<int>.Pool.Rent(FirstCapacity);
    private int _count;
    private int _end;
    private int _left = int.MaxValue;
    private int _top = int.MaxValue;
    private int _right = -1;
    private int _bottom = -1;

    /// <summary>Pixels so far.</summary>
    public int Area { get; private set; }

    /// <summary>Of an empty mask: all zeros, as pycocotools has it.</summary>
    public BoundingBox Box => Area == 0 ? default : new BoundingBox(_left, _top, _right - _left + 1, _bottom - _top + 1);

    /// <summary>Adds pixels [start, end) of column-major order; a run that touches the one before extends it.</summary>
    public void Add(int start, int end)
    {
        if (start == _end && _count > 0)
        {
            _counts![_count - 1] += end - start;
        }
        else
        {
            Append(start - _end);
            Append(end - start);
        }

        _end = end;
        Area += end - start;
        Extend(start, end - 1);
    }

    public CocoRle ToRle()
    {
        var total = height * width;
        var found = _count;
        if (_end < total || total == 0)
        {
            Append(total - _end);
        }

        var text = RunLengthCodec.Encode(_counts.AsSpan(0, _count));
        _count = found;
        return new CocoRle(height, width, text);
    }

    public void Dispose()
    {
        if (_counts is not null)
        {
            ImageArrays<int>.Pool.Return(_counts);
            _counts = null;
        }
    }

    private void Append(int count)
    {
        if (_count == _counts!.Length)
        {
            var larger = ImageArrays<int>.Pool.Rent(2 * _count);
            _counts.CopyTo(larger, 0);
            ImageArrays<int>.Pool.Return(_counts);
            _counts = larger;
        }

        _counts[_count++] = count;
    }

    private void Extend(int first, int last)
    {
        var (left, top) = Math.DivRem(first, height);
        var (right, bottom) = Math.DivRem(last, height);
        if (right > left)
        {
            (top, bottom) = (0, height - 1); // it runs through the end of one column and the start of the next
        }

        _left = Math.Min(_left, left);
        _top = Math.Min(_top, top);
        _right = Math.Max(_right, right);
        _bottom = Math.Max(_bottom, bottom);
    }
}
