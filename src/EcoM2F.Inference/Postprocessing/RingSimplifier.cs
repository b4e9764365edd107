namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// Leaves out points of rings (Douglas and Peucker 1973), so that no point that is left out lies further from what is left than a tolerance.
/// The tolerance is halved for a ring until its area is right: a simplified part keeps its net area within <see cref="MaxAreaError"/>.
/// </summary>
internal static class RingSimplifier
{
    /// <summary>Of a part's own pixels: what simplifying all of its rings may add or take.</summary>
    public const double MaxAreaError = 0.01;

    /// <summary>Below it nothing can be left out: the corners of a staircase of pixels are 0.7 apart from the line through it.</summary>
    private const double LeastTolerance = 0.25;

    /// <param name="part">Outer ring and holes of one part.</param>
    /// <param name="tolerance">Pixels; 0 leaves everything as it is.</param>
    public static List<MaskRing> Simplify(IReadOnlyList<MaskRing> part, double tolerance)
    {
        var (net, gross) = (0L, 0L);
        foreach (var ring in part)
        {
            net += ring.TwiceArea;
            gross += Math.Abs(ring.TwiceArea);
        }

        // Every ring has its share of what is allowed, so that all of them together keep to it.
        return [.. part.Select(ring => Simplify(ring, tolerance, MaxAreaError * net * Math.Abs(ring.TwiceArea) / gross))];
    }

    private static MaskRing Simplify(MaskRing ring, double tolerance, double allowed)
    {
        for (; tolerance >= LeastTolerance; tolerance /= 2)
        {
            var points = LeaveOut(ring.Points, tolerance);
            if (points.Count > 2 && new MaskRing(points) is var simplified && Math.Abs(simplified.TwiceArea - ring.TwiceArea) < allowed)
            {
                return simplified;
            }
        }

        return ring;
    }

    /// <summary>Splits the ring at its first point and at the one that is furthest from it, and each half at the point that is furthest from its chord.</summary>
    private static List<RingPoint> LeaveOut(IReadOnlyList<RingPoint> points, double tolerance)
    {
        var kept = new bool[points.Count];
        var opposite = Opposite(points);
        (kept[0], kept[opposite]) = (true, true);
        var open = new Stack<(int First, int Last)>([(0, opposite), (opposite, points.Count)]);
        while (open.TryPop(out var piece))
        {
            var (furthest, distance) = Furthest(points, piece.First, piece.Last);
            if (distance > tolerance)
            {
                kept[furthest] = true;
                open.Push((piece.First, furthest));
                open.Push((furthest, piece.Last));
            }
        }

        return [.. points.Where((_, i) => kept[i])];
    }

    private static int Opposite(IReadOnlyList<RingPoint> points)
    {
        var (furthest, most) = (0, -1L);
        for (var i = 1; i < points.Count; i++)
        {
            var (x, y) = ((long)points[i].X - points[0].X, (long)points[i].Y - points[0].Y);
            (furthest, most) = (x * x) + (y * y) > most ? (i, (x * x) + (y * y)) : (furthest, most);
        }

        return furthest;
    }

    /// <param name="last">May be one past the end: the first point again.</param>
    private static (int Index, double Distance) Furthest(IReadOnlyList<RingPoint> points, int first, int last)
    {
        var (from, to) = (points[first], points[last % points.Count]);
        var (index, most) = (first, 0.0);
        for (var i = first + 1; i < last; i++)
        {
            var distance = SquaredDistance(points[i], from, to);
            (index, most) = distance > most ? (i, distance) : (index, most);
        }

        return (index, Math.Sqrt(most));
    }

    /// <summary>To the piece of line between two points, not to the line: a ring may turn back.</summary>
    private static double SquaredDistance(RingPoint point, RingPoint from, RingPoint to)
    {
        double dx = to.X - from.X, dy = to.Y - from.Y, x = point.X - from.X, y = point.Y - from.Y;
        var length = (dx * dx) + (dy * dy);
        var along = length == 0 ? 0 : Math.Clamp(((x * dx) + (y * dy)) / length, 0, 1);
        (x, y) = (x - (along * dx), y - (along * dy));
        return (x * x) + (y * y);
    }
}
