using System.Globalization;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Results;

/// <summary>Frames around detected objects in their classes' colours, with class and score.</summary>
internal static class OverlayBoxes
{
    /// <returns>RGB, 8 bits, [Height, Width, 3] row by row: a new array.</returns>
    public static byte[] Render(SegmentationResult result, IReadOnlyList<DetectedObject> detections)
    {
        var pixels = result.Pixels.ToArray();
        var colors = Colors(detections, result.Model.Classes);

        // The most certain come first and are drawn last; names lie above all frames.
        for (var i = detections.Count - 1; i >= 0; i--)
        {
            Frame(pixels, result.Width, result.Height, detections[i].Box, colors[i]);
        }

        foreach (var detected in detections.Reverse())
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{result.Model.Classes[detected.CategoryId].Name} {detected.Score:0.00}");
            OverlayLabels.DrawInCorner(pixels, result.Width, result.Height, name, detected.Box);
        }

        return pixels;
    }

    private static (byte Red, byte Green, byte Blue)[] Colors(IReadOnlyList<DetectedObject> detections, IReadOnlyList<ModelClass> classes)
    {
        var seen = new int[classes.Count];
        return [.. detections.Select(detected => OverlayColor.Shade(OverlayColor.Parse(classes[detected.CategoryId].Color), seen[detected.CategoryId]++))];
    }

    /// <summary>Two pixels wide for every 640 of the longer side, inside the box.</summary>
    private static void Frame(byte[] pixels, int width, int height, ObjectBox box, (byte Red, byte Green, byte Blue) color)
    {
        var line = 2 * Math.Max(1, Math.Max(width, height) / 640);
        var (left, top) = ((int)Math.Floor(box.X), (int)Math.Floor(box.Y));
        var (right, bottom) = ((int)Math.Ceiling(box.X + box.Width), (int)Math.Ceiling(box.Y + box.Height));
        Fill(left, top, right, top + line);
        Fill(left, bottom - line, right, bottom);
        Fill(left, top, left + line, bottom);
        Fill(right - line, top, right, bottom);

        void Fill(int fromX, int fromY, int toX, int toY)
        {
            (fromX, fromY) = (Math.Max(fromX, left), Math.Max(fromY, top)); // a box may be thinner than its lines
            (toX, toY) = (Math.Min(toX, Math.Min(right, width)), Math.Min(toY, Math.Min(bottom, height)));
            for (var y = fromY; y < toY; y++)
            {
                for (var x = fromX; x < toX; x++)
                {
                    var pixel = pixels.AsSpan(((y * width) + x) * 3, 3);
                    (pixel[0], pixel[1], pixel[2]) = color;
                }
            }
        }
    }
}
