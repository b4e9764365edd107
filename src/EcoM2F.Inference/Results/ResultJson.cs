using System.Text.Json;

namespace EcoM2F.Inference.Results;

/// <summary>A result as JSON: the same bytes over HTTP and from the command line.</summary>
public static class ResultJson
{
    /// <returns>UTF-8.</returns>
    public static byte[] Serialize(SegmentationResult result) => JsonSerializer.SerializeToUtf8Bytes(result.ToBody(), ResultJsonContext.Relaxed.SegmentationBody);
}
