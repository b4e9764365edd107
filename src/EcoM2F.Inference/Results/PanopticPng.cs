using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Results;

/// <summary>COCO's panoptic PNG: 8-bit RGB, id = R + 256 G + 65536 B, the same ids as the result's segments, 0 is void.</summary>
public static class PanopticPng
{
    /// <summary>The one map that a result has: panoptic, else semantic.</summary>
    /// <exception cref="ArgumentException">It has neither.</exception>
    public static byte[] Encode(SegmentationResult result) => result switch
    {
        { Panoptic: { } panoptic } => Encode(panoptic),
        { Semantic: { } semantic } => Encode(semantic),
        _ => throw new ArgumentException("The result has no map: neither panoptic nor semantic was asked for.", nameof(result)),
    };

    public static byte[] Encode(PanopticSegmentation segmentation) =>
        Encode(segmentation.Ids, segmentation.Width, segmentation.Height, idOfLabel: null);

    /// <summary>A semantic map under its segments' ids; classes that were filtered out are 0.</summary>
    public static byte[] Encode(SemanticSegmentation segmentation)
    {
        var highest = 0;
        foreach (var segment in segmentation.Segments)
        {
            highest = Math.Max(highest, segment.CategoryId);
        }

        var idOfLabel = new int[highest + 1];
        foreach (var segment in segmentation.Segments)
        {
            idOfLabel[segment.CategoryId] = segment.Id;
        }

        return Encode(segmentation.Labels, segmentation.Width, segmentation.Height, idOfLabel);
    }

    private static byte[] Encode(int[] map, int width, int height, int[]? idOfLabel)
    {
        var pixels = new byte[map.Length * 3];
        for (var i = 0; i < map.Length; i++)
        {
            var id = idOfLabel is null ? map[i] : (uint)map[i] < (uint)idOfLabel.Length ? idOfLabel[map[i]] : 0;
            pixels[i * 3] = (byte)id;
            pixels[(i * 3) + 1] = (byte)(id >> 8);
            pixels[(i * 3) + 2] = (byte)(id >> 16);
        }

        return ImageEncoder.Png(pixels, width, height);
    }
}
