using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Results;

/// <summary>
/// A picture to look at: the image with its segments blended over it in their classes' colours, separated by contours, the
/// larger ones with their names. Shows the panoptic result, else the semantic, else the instances. Detected objects are frames.
/// </summary>
public static class Overlay
{
    /// <summary>Share of the segment's colour, of 256. The photo must stay recognisable.</summary>
    private const int Blend = 128;

    /// <returns>RGB, 8 bits, [Height, Width, 3] row by row: a new array, the result's own pixels stay as they are.</returns>
    public static byte[] Render(SegmentationResult result)
    {
        if (result.Detections is { } detections)
        {
            return OverlayBoxes.Render(result, detections);
        }

        var (map, segments) = ToMap(result);
        var colors = Colors(segments, result.Model.Classes);
        var pixels = result.Pixels.ToArray();
        BlendColors(pixels, map, colors);
        DrawContours(pixels, map, result.Width, result.Height);
        OverlayLabels.Draw(pixels, result.Width, result.Height, segments, result.Model.Classes);
        return pixels;
    }

    /// <exception cref="ArgumentException">The image is too large for the format.</exception>
    public static byte[] Encode(SegmentationResult result, OverlayFormat format) =>
        ImageEncoder.Lossy(Render(result), result.Width, result.Height, format);

    /// <summary>As a WebP of at most so many pixels a side, for a page with many of them.</summary>
    /// <param name="masks">Whether segments are drawn; otherwise it is the image alone.</param>
    public static byte[] EncodeSmall(SegmentationResult result, int longestSide, bool masks = true) =>
        ImageEncoder.SmallWebP(masks ? Render(result) : result.Pixels, result.Width, result.Height, longestSide);

    /// <summary>One id per pixel, 0 for none; id i + 1 is segment i.</summary>
    private static (int[] Map, IReadOnlyList<Segment> Segments) ToMap(SegmentationResult result)
    {
        if (result.Panoptic is { } panoptic)
        {
            return (panoptic.Ids, panoptic.Segments);
        }

        if (result.Semantic is { } semantic)
        {
            return (ToIds(semantic, result.Model.Classes.Count), semantic.Segments);
        }

        return Paint(result.Instances ?? [], result.Width, result.Height);
    }

    private static int[] ToIds(SemanticSegmentation semantic, int classes)
    {
        var idOfLabel = new int[classes];
        foreach (var segment in semantic.Segments)
        {
            idOfLabel[segment.CategoryId] = segment.Id;
        }

        return Array.ConvertAll(semantic.Labels, label => label < 0 ? 0 : idOfLabel[label]);
    }

    /// <summary>Instances overlap: the most certain ones, which come first, are painted last.</summary>
    private static (int[] Map, IReadOnlyList<Segment> Segments) Paint(IReadOnlyList<InstanceSegment> instances, int width, int height)
    {
        var map = new int[width * height];
        var mask = new byte[map.Length];
        var segments = new Segment[instances.Count];
        for (var i = instances.Count - 1; i >= 0; i--)
        {
            var instance = instances[i];
            segments[i] = new Segment(i + 1, instance.CategoryId, instance.Score, instance.Area, instance.Box, instance.Mask);
            instance.Mask.Decode(mask);
            for (var pixel = 0; pixel < map.Length; pixel++)
            {
                map[pixel] = mask[pixel] == 0 ? map[pixel] : i + 1;
            }
        }

        return (map, segments);
    }

    /// <summary>By id. The first thing of a class has the class's colour, the next ones shades of it, to tell them apart.</summary>
    private static (byte Red, byte Green, byte Blue)[] Colors(IReadOnlyList<Segment> segments, IReadOnlyList<ModelClass> classes)
    {
        var colors = new (byte, byte, byte)[segments.Count + 1];
        var seen = new int[classes.Count];
        foreach (var segment in segments)
        {
            var ordinal = seen[segment.CategoryId]++;
            colors[segment.Id] = OverlayColor.Shade(OverlayColor.Parse(classes[segment.CategoryId].Color), ordinal);
        }

        return colors;
    }

    private static void BlendColors(byte[] pixels, int[] map, (byte Red, byte Green, byte Blue)[] colors)
    {
        for (var i = 0; i < map.Length; i++)
        {
            if (map[i] > 0)
            {
                var (red, green, blue) = colors[map[i]];
                var pixel = pixels.AsSpan(i * 3, 3);
                pixel[0] = Mix(pixel[0], red);
                pixel[1] = Mix(pixel[1], green);
                pixel[2] = Mix(pixel[2], blue);
            }
        }

        static byte Mix(byte photo, byte color) => (byte)(((photo * (256 - Blend)) + (color * Blend)) >> 8);
    }

    /// <summary>White lines where two segments meet, one pixel for every 640 of the longer side.</summary>
    private static void DrawContours(byte[] pixels, int[] map, int width, int height)
    {
        var reach = Math.Max(1, Math.Max(width, height) / 640);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var at = (y * width) + x;
                var right = at + Math.Min(reach, width - 1 - x);
                var below = at + (Math.Min(reach, height - 1 - y) * width);
                if (map[at] != map[right] || map[at] != map[below])
                {
                    pixels.AsSpan(at * 3, 3).Fill(255);
                }
            }
        }
    }
}
