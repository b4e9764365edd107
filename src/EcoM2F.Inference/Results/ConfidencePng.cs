namespace EcoM2F.Inference.Results;

/// <summary>An 8-bit grey PNG of what each pixel's winner reached: 255 times it, 0 where no segment won the pixel.</summary>
public static class ConfidencePng
{
    /// <summary>Of the one map that a result has: panoptic, else semantic.</summary>
    /// <exception cref="ArgumentException">It has neither, or confidences were not asked for.</exception>
    public static byte[] Encode(SegmentationResult result) => result switch
    {
        { Panoptic: { Confidence: { } values } map } => ImageEncoder.GreyPng(values, map.Width, map.Height),
        { Panoptic: null, Semantic: { Confidence: { } values } map } => ImageEncoder.GreyPng(values, map.Width, map.Height),
        _ => throw new ArgumentException("The result has no map with confidences.", nameof(result)),
    };
}
