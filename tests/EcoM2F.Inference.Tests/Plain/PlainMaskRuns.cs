using System.Runtime.InteropServices;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Tests.Plain;

/// <summary>Run lengths of one mask while they are found, with its area and box. Runs are added in ascending order.</summary>
internal sealed class PlainMaskRuns(int height, int width)
{
    private readonly List<int> _counts = [];
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
        if (start == _end && _counts.Count > 0)
        {
            _counts[^1] += end - start;
        }
        else
        {
            _counts.Add(start - _end);
            _counts.Add(end - start);
        }

        _end = end;
        Area += end - start;
        Extend(start, end - 1);
    }

    public CocoRle ToRle()
    {
        var total = height * width;
        if (_end < total || total == 0)
        {
            _counts.Add(total - _end);
        }

        var text = PlainRunLengthCodec.Encode(CollectionsMarshal.AsSpan(_counts));
        if (_end < total || total == 0)
        {
            _counts.RemoveAt(_counts.Count - 1);
        }

        return new CocoRle(height, width, text);
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
