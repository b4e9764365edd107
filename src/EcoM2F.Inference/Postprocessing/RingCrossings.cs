namespace EcoM2F.Inference.Postprocessing;

/// <summary>
/// Finds rings that cross or run along one another, which exact rings never do and simplified ones may. Rings that meet in a point and part on the
/// same side do not cross.
/// </summary>
internal static class RingCrossings
{
    /// <returns>By part: whether one of its rings crosses another ring or itself.</returns>
    public static bool[] Find(IReadOnlyList<IReadOnlyList<MaskRing>> parts)
    {
        var crossed = new bool[parts.Count];
        var edges = new List<Edge>();
        var corners = new Dictionary<RingPoint, List<Corner>>();
        for (var part = 0; part < parts.Count; part++)
        {
            foreach (var points in parts[part].Select(static ring => ring.Points))
            {
                for (var i = 0; i < points.Count; i++)
                {
                    var (before, point, next) = (points[(i + points.Count - 1) % points.Count], points[i], points[(i + 1) % points.Count]);
                    edges.Add(new Edge(part, point, next));
                    (corners.TryGetValue(point, out var here) ? here : corners[point] = []).Add(new Corner(part, before, next));
                }
            }
        }

        FindBetweenEdges(edges, crossed);
        FindAtCorners(corners, crossed);
        return crossed;
    }

    /// <summary>Along x, so that only edges whose columns overlap are looked at together.</summary>
    private static void FindBetweenEdges(List<Edge> edges, bool[] crossed)
    {
        edges.Sort(static (one, other) => one.Left.CompareTo(other.Left));
        for (var i = 0; i < edges.Count; i++)
        {
            for (var j = i + 1; j < edges.Count && edges[j].Left <= edges[i].Right; j++)
            {
                if (edges[i].Top <= edges[j].Bottom && edges[j].Top <= edges[i].Bottom && Cross(edges[i], edges[j]))
                {
                    (crossed[edges[i].Part], crossed[edges[j].Part]) = (true, true);
                }
            }
        }
    }

    /// <summary>An end that is within the other edge counts; ends that are the same point are <see cref="FindAtCorners"/>'s.</summary>
    private static bool Cross(Edge one, Edge other)
    {
        var (a, b) = (Side(one.From, one.To, other.From), Side(one.From, one.To, other.To));
        var (c, d) = (Side(other.From, other.To, one.From), Side(other.From, other.To, one.To));
        return a * b < 0 && c * d < 0
            || (a == 0 && one.HasWithin(other.From)) || (b == 0 && one.HasWithin(other.To))
            || (c == 0 && other.HasWithin(one.From)) || (d == 0 && other.HasWithin(one.To));
    }

    private static void FindAtCorners(Dictionary<RingPoint, List<Corner>> corners, bool[] crossed)
    {
        foreach (var (point, here) in corners)
        {
            for (var i = 0; i < here.Count; i++)
            {
                for (var j = i + 1; j < here.Count; j++)
                {
                    if (CrossAt(point, here[i], here[j]))
                    {
                        (crossed[here[i].Part], crossed[here[j].Part]) = (true, true);
                    }
                }
            }
        }
    }

    /// <summary>One of the other ring's two ends is between the first ring's own, and the other is not; or they run along one another.</summary>
    private static bool CrossAt(RingPoint point, Corner one, Corner other)
    {
        var (before, next) = (Place(point, one, other.Before), Place(point, one, other.Next));
        return before == 0 || next == 0 || before != next;
    }

    /// <returns>1: on the right hand of who goes through the corner; -1: on the left hand; 0: along its way.</returns>
    private static int Place(RingPoint point, Corner corner, RingPoint end)
    {
        var (fromBefore, toNext) = (IsAlong(point, corner.Before, end), IsAlong(point, corner.Next, end));
        if (fromBefore || toNext)
        {
            return 0;
        }

        var (behind, ahead) = (Side(corner.Before, point, end) > 0, Side(point, corner.Next, end) > 0);
        var turn = Side(corner.Before, point, corner.Next);
        return (turn > 0 ? behind && ahead : turn < 0 ? behind || ahead : behind) ? 1 : -1;
    }

    private static bool IsAlong(RingPoint point, RingPoint one, RingPoint other) =>
        Side(point, one, other) == 0 && ((long)(one.X - point.X) * (other.X - point.X)) + ((long)(one.Y - point.Y) * (other.Y - point.Y)) > 0;

    /// <returns>1: right of the way from one point to another, as one sees the image; -1: left; 0: on its line.</returns>
    private static int Side(RingPoint from, RingPoint to, RingPoint point) =>
        Math.Sign(((long)(to.X - from.X) * (point.Y - from.Y)) - ((long)(to.Y - from.Y) * (point.X - from.X)));

    private readonly record struct Corner(int Part, RingPoint Before, RingPoint Next);

    private readonly record struct Edge(int Part, RingPoint From, RingPoint To)
    {
        public int Left => Math.Min(From.X, To.X);

        public int Right => Math.Max(From.X, To.X);

        public int Top => Math.Min(From.Y, To.Y);

        public int Bottom => Math.Max(From.Y, To.Y);

        /// <summary>Of a point on the edge's line: whether it is between its ends, and neither of them.</summary>
        public bool HasWithin(RingPoint point) =>
            point != From && point != To && point.X >= Left && point.X <= Right && point.Y >= Top && point.Y <= Bottom;
    }
}
