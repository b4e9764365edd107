using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Recipe.Metrics;

/// <summary>A binary mask as runs of pixels down the columns: what IoU is computed on, without a bitmap.</summary>
internal sealed class RunMask
{
    /// <summary>Starts and ends of the runs in turn, ascending; no run is empty and none touches the next.</summary>
    private readonly int[] _bounds;

    private RunMask(int height, int width, int[] bounds)
    {
        (Height, Width, _bounds) = (height, width, bounds);
        for (var i = 0; i < bounds.Length; i += 2)
        {
            Area += bounds[i + 1] - bounds[i];
        }

        Box = Bound();
    }

    public int Height { get; }

    public int Width { get; }

    /// <summary>Pixels.</summary>
    public int Area { get; }

    /// <summary>All zeros for an empty mask, as pycocotools has it.</summary>
    public Box Box { get; }

    /// <exception cref="FormatException">The counts are not a run-length encoding of this size.</exception>
    public static RunMask Of(CocoRle rle)
    {
        var counts = rle.ToCounts();
        var bounds = new List<int>(counts.Length);
        var position = 0;
        for (var i = 0; i < counts.Length; position += counts[i++])
        {
            if (i % 2 == 0 || counts[i] == 0)
            {
                continue;
            }

            if (bounds.Count > 0 && bounds[^1] == position)
            {
                bounds[^1] += counts[i];
            }
            else
            {
                bounds.Add(position);
                bounds.Add(position + counts[i]);
            }
        }

        return new RunMask(rle.Height, rle.Width, [.. bounds]);
    }

    /// <param name="masks">One at least, all of one size.</param>
    public static RunMask Union(IReadOnlyList<RunMask> masks)
    {
        if (masks.Count == 1)
        {
            return masks[0];
        }

        var bounds = new List<int>();
        foreach (var (start, end) in masks.SelectMany(static mask => mask.Runs()).Order())
        {
            if (bounds.Count > 0 && start <= bounds[^1])
            {
                bounds[^1] = Math.Max(bounds[^1], end);
            }
            else
            {
                bounds.Add(start);
                bounds.Add(end);
            }
        }

        return new RunMask(masks[0].Height, masks[0].Width, [.. bounds]);
    }

    /// <summary>Pixels that two masks of one size share.</summary>
    public int Intersection(RunMask other)
    {
        ReadOnlySpan<int> mine = _bounds;
        ReadOnlySpan<int> theirs = other._bounds;
        var (shared, i, j) = (0, 0, 0);
        while (i + 1 < mine.Length && j + 1 < theirs.Length)
        {
            var (mineEnd, theirsEnd) = (mine[i + 1], theirs[j + 1]);
            shared += Math.Max(0, Math.Min(mineEnd, theirsEnd) - Math.Max(mine[i], theirs[j]));
            i += mineEnd <= theirsEnd ? 2 : 0;
            j += theirsEnd <= mineEnd ? 2 : 0;
        }

        return shared;
    }

    private IEnumerable<(int Start, int End)> Runs()
    {
        for (var i = 0; i < _bounds.Length; i += 2)
        {
            yield return (_bounds[i], _bounds[i + 1]);
        }
    }

    private Box Bound()
    {
        if (_bounds.Length == 0)
        {
            return default;
        }

        var (top, bottom) = (Height, -1);
        for (var i = 0; i < _bounds.Length; i += 2)
        {
            var (left, first) = Math.DivRem(_bounds[i], Height);
            var (right, last) = Math.DivRem(_bounds[i + 1] - 1, Height);
            (top, bottom) = left == right ? (Math.Min(top, first), Math.Max(bottom, last)) : (0, Height - 1);
            if (bottom - top == Height - 1)
            {
                break;
            }
        }

        var (leftmost, rightmost) = (_bounds[0] / Height, (_bounds[^1] - 1) / Height);
        return new Box(leftmost, top, rightmost - leftmost + 1, bottom - top + 1);
    }
}
