namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// The connected regions of a mask or of what is left around it, found on the runs without decoding them. Pixels of a mask are connected along
/// edges, those around it also over corners, so that two pixels that only touch at a corner are two parts, and what lies between them is no hole.
/// </summary>
internal sealed class MaskRegions
{
    private readonly List<ColumnRun> _runs = [];

    /// <summary>By run: its region.</summary>
    private readonly List<int> _regionOf = [];

    private readonly List<int> _areas = [];
    private readonly List<bool> _touchesEdge = [];

    /// <summary>By column: its first run; one entry more at the end.</summary>
    private readonly int[] _firstOfColumn;

    private MaskRegions(int height, int width)
    {
        (Height, Width) = (height, width);
        _firstOfColumn = new int[width + 1];
    }

    public int Height { get; }

    public int Width { get; }

    /// <summary>By columns, and down each of them; neighbours in a column are at least a pixel apart.</summary>
    public IReadOnlyList<ColumnRun> Runs => _runs;

    /// <summary>Pixels by region.</summary>
    public IReadOnlyList<int> Areas => _areas;

    /// <summary>The parts of the mask.</summary>
    public static MaskRegions OfMask(CocoRle mask) => Find(mask, inside: true, overCorners: false);

    /// <summary>What is not in the mask; regions that do not touch the image's edge are its holes.</summary>
    public static MaskRegions Around(CocoRle mask) => Find(mask, inside: false, overCorners: true);

    /// <summary>The gaps of a map, given as the mask of its void pixels.</summary>
    public static MaskRegions OfVoid(CocoRle mask) => Find(mask, inside: true, overCorners: true);

    /// <summary>Whether the region reaches the edge of the image.</summary>
    public bool TouchesEdge(int region) => _touchesEdge[region];

    /// <param name="run">Place in <see cref="Runs"/>.</param>
    public int RegionOf(int run) => _regionOf[run];

    /// <summary>The region of a pixel that is in one.</summary>
    public int RegionAt(int x, int y)
    {
        var (low, high) = (_firstOfColumn[x], _firstOfColumn[x + 1] - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = _runs[middle].Top <= y ? (middle, high) : (low, middle - 1);
        }

        return _regionOf[low];
    }

    private static MaskRegions Find(CocoRle mask, bool inside, bool overCorners)
    {
        var regions = new MaskRegions(mask.Height, mask.Width);
        regions.AddRuns(RunLengthCodec.Decode(mask.Counts, mask.Height, mask.Width), inside);
        regions.Connect(overCorners);
        return regions;
    }

    private void AddRuns(List<int> counts, bool inside)
    {
        var (start, column) = (0, 0);
        for (var i = 0; i < counts.Count; i++)
        {
            var end = start + counts[i];
            while ((i % 2 == 1) == inside && start < end)
            {
                var (x, top) = Math.DivRem(start, Height);
                var bottom = Math.Min(Height, top + end - start);
                while (column < x)
                {
                    _firstOfColumn[++column] = _runs.Count;
                }

                _runs.Add(new ColumnRun(x, top, bottom));
                start += bottom - top;
            }

            start = end;
        }

        while (column < Width)
        {
            _firstOfColumn[++column] = _runs.Count;
        }
    }

    private void Connect(bool overCorners)
    {
        var parents = new int[_runs.Count];
        for (var i = 0; i < parents.Length; i++)
        {
            parents[i] = i;
        }

        for (var x = 1; x < Width; x++)
        {
            JoinColumns(parents, x, overCorners ? 1 : 0);
        }

        var regionOfRoot = new Dictionary<int, int>();
        for (var i = 0; i < parents.Length; i++)
        {
            var root = Root(parents, i);
            if (!regionOfRoot.TryGetValue(root, out var region))
            {
                region = _areas.Count;
                regionOfRoot.Add(root, region);
                _areas.Add(0);
                _touchesEdge.Add(false);
            }

            var run = _runs[i];
            _regionOf.Add(region);
            _areas[region] += run.Length;
            _touchesEdge[region] |= run.X == 0 || run.X == Width - 1 || run.Top == 0 || run.Bottom == Height;
        }
    }

    /// <param name="reach">How far apart runs of two neighbouring columns may end and begin and still be connected.</param>
    private void JoinColumns(int[] parents, int x, int reach)
    {
        var (left, leftEnd) = (_firstOfColumn[x - 1], _firstOfColumn[x]);
        var (right, rightEnd) = (_firstOfColumn[x], _firstOfColumn[x + 1]);
        while (left < leftEnd && right < rightEnd)
        {
            var (one, other) = (_runs[left], _runs[right]);
            if (one.Top < other.Bottom + reach && other.Top < one.Bottom + reach)
            {
                parents[Root(parents, right)] = Root(parents, left);
            }

            (left, right) = one.Bottom < other.Bottom ? (left + 1, right) : (left, right + 1);
        }
    }

    private static int Root(int[] parents, int i)
    {
        while (parents[i] != i)
        {
            i = parents[i] = parents[parents[i]];
        }

        return i;
    }
}
