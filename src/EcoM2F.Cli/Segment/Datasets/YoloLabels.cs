using System.Globalization;
using System.Text;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Results;

namespace EcoM2F.Cli.Segment.Datasets;

/// <summary>
/// An image's labels for YOLO, a line for each object: the class's index and, in fractions of the image, the outline of its mask or the middle and
/// the sides of its box. A line has one outline only: further parts and holes are joined to it along cuts without width, so that the area inside
/// is the mask's.
/// </summary>
internal static class YoloLabels
{
    /// <returns>UTF-8.</returns>
    public static ReadOnlyMemory<byte> Encode(SegmentationResult result)
    {
        var text = new StringBuilder();
        foreach (var instance in result.Instances ?? [])
        {
            var outline = Outline(MaskPolygons.Of(instance.Mask, MaskPolygons.DefaultTolerance));
            if (outline.Count > 0)
            {
                Begin(text, instance.CategoryId);
                foreach (var (x, y) in outline)
                {
                    Append(text, (double)x / result.Width);
                    Append(text, (double)y / result.Height);
                }

                text.Append('\n');
            }
        }

        foreach (var detected in result.Detections ?? [])
        {
            Begin(text, detected.CategoryId);
            var box = detected.Box;
            Append(text, (box.X + (box.Width / 2)) / result.Width);
            Append(text, (box.Y + (box.Height / 2)) / result.Height);
            Append(text, box.Width / result.Width);
            Append(text, box.Height / result.Height);
            text.Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>One closed line around all parts; each further ring is entered and left at the two points that are nearest to one another.</summary>
    internal static List<(int X, int Y)> Outline(IReadOnlyList<MaskPolygon> polygons)
    {
        var outline = new List<(int X, int Y)>();
        foreach (var ring in polygons.SelectMany(static polygon => polygon.Holes.Prepend(polygon.Outline)).Select(Points))
        {
            if (outline.Count == 0)
            {
                outline.AddRange(ring);
            }
            else
            {
                var (at, entry) = Nearest(outline, ring);
                outline.InsertRange(at + 1, [.. ring[entry..], .. ring[..entry], ring[entry], outline[at]]);
            }
        }

        return outline;
    }

    private static (int At, int Entry) Nearest(List<(int X, int Y)> outline, (int X, int Y)[] ring)
    {
        var (best, least) = ((0, 0), long.MaxValue);
        for (var i = 0; i < outline.Count; i++)
        {
            for (var j = 0; j < ring.Length; j++)
            {
                var (x, y) = ((long)outline[i].X - ring[j].X, (long)outline[i].Y - ring[j].Y);
                (best, least) = (x * x) + (y * y) < least ? ((i, j), (x * x) + (y * y)) : (best, least);
            }
        }

        return best;
    }

    private static (int X, int Y)[] Points(IReadOnlyList<int> ring) => [.. Enumerable.Range(0, ring.Count / 2).Select(i => (ring[2 * i], ring[(2 * i) + 1]))];

    private static void Begin(StringBuilder text, int label) => text.Append(label);

    private static void Append(StringBuilder text, double value) => text.Append(' ').Append(Math.Clamp(value, 0, 1).ToString("0.######", CultureInfo.InvariantCulture));
}
