using System.Net;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;
using NetVips;

namespace EcoM2F.Inference.Results;

/// <summary>
/// Class names on an overlay. Text comes from libvips, which needs a font on the machine: without one, names are left out.
/// </summary>
internal static class OverlayLabels
{
    /// <summary>Segments below this share of the image have no name: it would cover them.</summary>
    private const double SmallestShare = 0.01;

    private const int Padding = 2;

    /// <summary>False from the first failure on: fonts do not appear while a service runs.</summary>
    private static volatile bool _available = true;

    public static void Draw(byte[] pixels, int width, int height, IReadOnlyList<Segment> segments, IReadOnlyList<ModelClass> classes)
    {
        var size = TextSize(width, height);
        foreach (var segment in segments)
        {
            if (_available && segment.Area >= SmallestShare * width * height && RenderText(classes[segment.CategoryId].Name, size) is { } text)
            {
                var (x, y) = Anchor(segment.Mask);
                Stamp(pixels, width, height, text, x, y);
            }
        }
    }

    /// <summary>A text inside the upper left corner of a box.</summary>
    public static void DrawInCorner(byte[] pixels, int width, int height, string name, ObjectBox box)
    {
        if (_available && RenderText(name, TextSize(width, height)) is { } text)
        {
            Stamp(pixels, width, height, text, (int)box.X + (text.Width / 2) + Padding, (int)box.Y + (text.Height / 2) + Padding);
        }
    }

    private static int TextSize(int width, int height) => Math.Clamp(Math.Min(width, height) / 36, 10, 48);

    /// <summary>
    /// The middle of a vertical run: always inside the segment. Of the runs nearly as long as the longest, where there is most
    /// room, the middle one.
    /// </summary>
    private static (int X, int Y) Anchor(CocoRle mask)
    {
        var runs = VerticalRuns(mask);
        var longest = 0;
        foreach (var (_, length) in runs)
        {
            longest = Math.Max(longest, length);
        }

        runs.RemoveAll(run => run.Length < longest - (longest / 10));
        var (start, chosen) = runs[runs.Count / 2];
        var middle = start + (chosen / 2);
        return (middle / mask.Height, middle % mask.Height);
    }

    /// <summary>Runs cut at the ends of columns, as positions in column-major order.</summary>
    private static List<(int Start, int Length)> VerticalRuns(CocoRle mask)
    {
        var runs = new List<(int Start, int Length)>();
        var counts = RunLengthCodec.Decode(mask.Counts, mask.Height, mask.Width);
        var position = 0;
        for (var i = 0; i < counts.Count; i++)
        {
            var end = position + counts[i];
            while (i % 2 == 1 && position < end)
            {
                var length = Math.Min(end - position, mask.Height - (position % mask.Height));
                runs.Add((position, length));
                position += length;
            }

            position = end;
        }

        return runs;
    }

    private static Text? RenderText(string name, int size)
    {
        try
        {
            VipsRuntime.EnsureInitialized();
            using var image = Image.Text(WebUtility.HtmlEncode(name), $"sans {size}px", dpi: 72);
            return image is { Width: > 0, Bands: 1 } ? new Text(image.WriteToMemory<byte>(), image.Width, image.Height) : null;
        }
        catch (VipsException)
        {
            _available = false;
            return null;
        }
    }

    /// <summary>White on a dark box, centred on a point and moved into the image.</summary>
    private static void Stamp(byte[] pixels, int width, int height, Text text, int centreX, int centreY)
    {
        var (boxWidth, boxHeight) = (text.Width + (2 * Padding), text.Height + (2 * Padding));
        if (boxWidth > width || boxHeight > height)
        {
            return;
        }

        var left = Math.Clamp(centreX - (boxWidth / 2), 0, width - boxWidth);
        var top = Math.Clamp(centreY - (boxHeight / 2), 0, height - boxHeight);
        for (var y = 0; y < boxHeight; y++)
        {
            for (var x = 0; x < boxWidth; x++)
            {
                var (textX, textY) = (x - Padding, y - Padding);
                var inside = (uint)textX < (uint)text.Width && (uint)textY < (uint)text.Height;
                var ink = inside ? text.Coverage[(textY * text.Width) + textX] : 0;
                var pixel = pixels.AsSpan((((top + y) * width) + left + x) * 3, 3);
                for (var channel = 0; channel < 3; channel++)
                {
                    var dark = pixel[channel] / 4;
                    pixel[channel] = (byte)(dark + ((255 - dark) * ink / 255));
                }
            }
        }
    }

    /// <param name="Coverage">[Height, Width], 0 to 255.</param>
    private sealed record Text(byte[] Coverage, int Width, int Height);
}
