using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Serving.Responses;

/// <summary>The engine's pictures of a result.</summary>
internal static class ResultImages
{
    /// <summary>Pixels a side that the formats can hold.</summary>
    private const int MaxWebPSide = 16_383;

    private const int MaxJpegSide = 65_535;

    /// <summary>The negotiation saw to it that there is one map.</summary>
    public static byte[] Png(SegmentationResult result) =>
        result.Panoptic is { } panoptic ? PanopticPng.Encode(panoptic) : PanopticPng.Encode(result.Semantic!);

    /// <exception cref="SegmentationException"><see cref="SegmentationError.NotAcceptable"/>: the image is too long for the format.</exception>
    public static byte[] WebP(SegmentationResult result) => Overlay.Encode(Fitting(result, "image/webp", MaxWebPSide), OverlayFormat.WebP);

    /// <exception cref="SegmentationException"><see cref="SegmentationError.NotAcceptable"/>: the image is too long for the format.</exception>
    public static byte[] Jpeg(SegmentationResult result) => Overlay.Encode(Fitting(result, "image/jpeg", MaxJpegSide), OverlayFormat.Jpeg);

    private static SegmentationResult Fitting(SegmentationResult result, string mediaType, int maxSide) =>
        Math.Max(result.Width, result.Height) <= maxSide
            ? result
            : throw new SegmentationException(
                SegmentationError.NotAcceptable,
                $"{mediaType} holds at most {maxSide} pixels a side, and the image has {result.Width} x {result.Height}: ask for another type.",
                "Accept");
}
