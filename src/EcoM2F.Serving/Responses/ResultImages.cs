using EcoM2F.Inference.Pipeline;

namespace EcoM2F.Serving.Responses;

/// <summary>The engine's pictures of a result.</summary>
internal static class ResultImages
{
    public static ReadOnlyMemory<byte> Png(SegmentationResult result) => throw new NotImplementedException(result.ToString());

    public static ReadOnlyMemory<byte> WebP(SegmentationResult result) => throw new NotImplementedException(result.ToString());

    public static ReadOnlyMemory<byte> Jpeg(SegmentationResult result) => throw new NotImplementedException(result.ToString());
}
