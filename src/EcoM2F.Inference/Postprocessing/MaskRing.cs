namespace EcoM2F.Inference.Postprocessing;

/// <summary>A closed ring through corners of pixels.</summary>
/// <param name="Points">At least four; the first is not repeated at the end, and no three follow one another in a line.</param>
internal sealed record MaskRing(IReadOnlyList<RingPoint> Points)
{
    /// <summary>Twice the area that it encloses, in pixels; below 0 around a hole.</summary>
    public long TwiceArea { get; } = DoubleAreaOf(Points);

    private static long DoubleAreaOf(IReadOnlyList<RingPoint> points)
    {
        var sum = 0L;
        var before = points[^1];
        foreach (var point in points)
        {
            sum += ((long)before.X * point.Y) - ((long)point.X * before.Y);
            before = point;
        }

        return sum;
    }
}
