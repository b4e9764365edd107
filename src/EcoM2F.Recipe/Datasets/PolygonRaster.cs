using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Recipe.Datasets;

/// <summary>
/// Polygons to run lengths, pixel for pixel what pycocotools' <c>frPoly</c> gives: the outline is walked on a grid five times as fine,
/// and every pixel column flips between out and in where the outline crosses its centre.
/// </summary>
internal static class PolygonRaster
{
    private const double Scale = 5;

    /// <param name="polygon">x and y in turn, in pixels; at least one point.</param>
    public static CocoRle Fill(ReadOnlySpan<double> polygon, int height, int width)
    {
        var flips = new List<int>();
        var corners = polygon.Length / 2;
        var first = Fine(polygon, 0);
        var (from, pen) = (first, first);
        for (var i = 1; i <= corners; i++)
        {
            var to = i == corners ? first : Fine(polygon, i);
            pen = Walk(from, to, pen, flips, height, width);
            from = to;
        }

        return CocoRle.FromCounts(ToCounts(flips, height * width), height, width);
    }

    private static (int X, int Y) Fine(ReadOnlySpan<double> polygon, int corner) =>
        ((int)((Scale * polygon[2 * corner]) + 0.5), (int)((Scale * polygon[(2 * corner) + 1]) + 0.5));

    /// <summary>One edge, a step at a time along its longer side.</summary>
    /// <param name="pen">The point before the edge.</param>
    /// <returns>The last point.</returns>
    private static (int X, int Y) Walk((int X, int Y) from, (int X, int Y) to, (int X, int Y) pen, List<int> flips, int height, int width)
    {
        var (wide, high) = (Math.Abs(to.X - from.X), Math.Abs(to.Y - from.Y));
        var flat = wide >= high;

        // Always from the lesser end, so that an edge that two polygons share has the same points in both.
        var reversed = flat ? from.X > to.X : from.Y > to.Y;
        var (start, end) = reversed ? (to, from) : (from, to);
        var length = flat ? wide : high;
        var slope = length == 0 ? 0 : flat ? (double)(end.Y - start.Y) / length : (double)(end.X - start.X) / length;
        for (var step = 0; step <= length; step++)
        {
            var t = reversed ? length - step : step;
            var next = flat
                ? (X: start.X + t, Y: (int)(start.Y + (slope * t) + 0.5))
                : (X: (int)(start.X + (slope * t) + 0.5), Y: start.Y + t);
            if (next.X != pen.X)
            {
                Cross(pen, next, flips, height, width);
            }

            pen = next;
        }

        return pen;
    }

    /// <summary>The outline moved by one fine column: does it pass the centre of a pixel column?</summary>
    private static void Cross((int X, int Y) from, (int X, int Y) to, List<int> flips, int height, int width)
    {
        var x = ((Math.Min(from.X, to.X) + 0.5) / Scale) - 0.5;
        if (Math.Floor(x) != x || x < 0 || x > width - 1)
        {
            return;
        }

        var y = ((Math.Min(from.Y, to.Y) + 0.5) / Scale) - 0.5;
        flips.Add(((int)x * height) + (int)Math.Ceiling(Math.Clamp(y, 0, height)));
    }

    /// <summary>Places where columns flip become run lengths; two at one place cancel.</summary>
    private static int[] ToCounts(List<int> flips, int total)
    {
        flips.Sort();
        var counts = new List<int>();
        var position = 0;
        for (var i = 0; i < flips.Count; i++)
        {
            if (i + 1 < flips.Count && flips[i] == flips[i + 1])
            {
                i++;
                continue;
            }

            counts.Add(flips[i] - position);
            position = flips[i];
        }

        if (position < total || counts.Count == 0)
        {
            counts.Add(total - position);
        }

        return [.. counts];
    }
}
