namespace EcoM2F.Inference.Postprocessing;

/// <summary>A mask as polygons: every part, and every hole in it.</summary>
public static class MaskPolygons
{
    /// <summary>Pixels by which a polygon may miss the edge of its mask, where a request does not say.</summary>
    public const double DefaultTolerance = 1;

    /// <summary>Pixels: the largest tolerance that makes sense.</summary>
    public const double MaxTolerance = 100;

    /// <summary>Parts are connected along the edges of pixels. Rings go through corners of pixels.</summary>
    /// <param name="tolerance">
    /// Pixels by which simplified rings may miss the mask's edge, 0 to <see cref="MaxTolerance"/>; 0 leaves every corner. Whatever it is, each
    /// part keeps its area within one percent, and no rings cross.
    /// </param>
    /// <returns>A polygon for each part, the topmost first; empty for an empty mask.</returns>
    /// <exception cref="FormatException">The counts are not a run-length encoding of this size.</exception>
    public static IReadOnlyList<MaskPolygon> Of(CocoRle mask, double tolerance)
    {
        var parts = MaskOutline.Trace(MaskRegions.OfMask(mask));
        return
        [
            .. Simplify(parts, tolerance)
                .OrderBy(static part => part[0].Points[0].Y)
                .ThenBy(static part => part[0].Points[0].X)
                .Select(ToPolygon),
        ];
    }

    /// <summary>Parts whose rings cross are simplified again with half the tolerance, in the end not at all.</summary>
    private static List<MaskRing>[] Simplify(List<MaskRing>[] parts, double tolerance)
    {
        var simplified = Array.ConvertAll(parts, part => RingSimplifier.Simplify(part, tolerance));
        for (var less = tolerance / 2; ; less /= 2)
        {
            var crossed = RingCrossings.Find(simplified);
            if (!crossed.Contains(true))
            {
                return simplified;
            }

            for (var part = 0; part < parts.Length; part++)
            {
                simplified[part] = crossed[part] ? RingSimplifier.Simplify(parts[part], less) : simplified[part];
            }
        }
    }

    private static MaskPolygon ToPolygon(List<MaskRing> rings) => new(Flatten(rings[0]), [.. rings.Skip(1).Select(Flatten)]);

    private static int[] Flatten(MaskRing ring)
    {
        var flat = new int[ring.Points.Count * 2];
        for (var i = 0; i < ring.Points.Count; i++)
        {
            (flat[2 * i], flat[(2 * i) + 1]) = (ring.Points[i].X, ring.Points[i].Y);
        }

        return flat;
    }
}

/// <summary>One part of a mask. Rings are x and y in turn, in pixels from the image's upper left corner; the first point is not repeated.</summary>
/// <param name="Outline">Clockwise, as one sees the image.</param>
/// <param name="Holes">Counter-clockwise.</param>
public sealed record MaskPolygon(IReadOnlyList<int> Outline, IReadOnlyList<IReadOnlyList<int>> Holes);
