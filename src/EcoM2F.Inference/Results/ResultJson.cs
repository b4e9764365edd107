using System.Text.Json;

namespace EcoM2F.Inference.Results;

/// <summary>A result as JSON: the same bytes over HTTP and from the command line.</summary>
public static class ResultJson
{
    /// <returns>UTF-8.</returns>
    public static byte[] Serialize(SegmentationResult result) => JsonSerializer.SerializeToUtf8Bytes(result.ToBody(), ResultJsonContext.Relaxed.SegmentationBody);

    /// <summary>Reads what <see cref="Serialize"/> wrote.</summary>
    /// <param name="json">UTF-8.</param>
    /// <exception cref="JsonException">It is something else.</exception>
    public static SegmentationBody Read(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, ResultJsonContext.Relaxed.SegmentationBody) ?? throw new JsonException("The result is null.");
}
