using System.Text;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Results;
using EcoM2F.Serving.Http;

namespace EcoM2F.Serving.Responses;

/// <summary>
/// Writes a result in the negotiated format. Bodies are complete before the first byte goes out: their length is known, and
/// whatever fails can still become a problem document.
/// </summary>
internal static class ResultWriter
{
    public static async Task WriteAsync(HttpResponse response, SegmentationResult result, ResponseFormat format, CancellationToken cancellationToken)
    {
        var (contentType, body) = Encode(result, format);
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        SetHeaders(response.Headers, result.Compute);
        await response.Body.WriteAsync(body, cancellationToken);
    }

    private static void SetHeaders(IHeaderDictionary headers, ComputeUsed compute)
    {
        headers[ComputeHeaders.ComputeUsed] = ComputeHeaders.FormatUsed(compute);
        headers[ComputeHeaders.ServerTiming] = ComputeHeaders.FormatTiming(compute);
        headers.CacheControl = "no-store";
        // appended: with CORS on, Origin is there already
        headers.Append("Vary", $"Accept, {ComputeHeaders.ComputeBudget}");
    }

    private static (string ContentType, ReadOnlyMemory<byte> Body) Encode(SegmentationResult result, ResponseFormat format) => format switch
    {
        ResponseFormat.Json => (format.MediaType(), ResultJson.Serialize(result)),
        ResponseFormat.Png => (format.MediaType(), ResultImages.Png(result)),
        ResponseFormat.WebP => (format.MediaType(), ResultImages.WebP(result)),
        ResponseFormat.Jpeg => (format.MediaType(), ResultImages.Jpeg(result)),
        _ => Multipart(result),
    };

    private static (string ContentType, ReadOnlyMemory<byte> Body) Multipart(SegmentationResult result)
    {
        var boundary = "ecom2f-" + Guid.NewGuid().ToString("N");
        using var body = new MemoryStream();
        WritePart(body, boundary, ResponseFormat.Json, "result.json", ResultJson.Serialize(result));
        WritePart(body, boundary, ResponseFormat.Png, "segments.png", ResultImages.Png(result));
        body.Write(Encoding.ASCII.GetBytes($"--{boundary}--\r\n"));
        return ($"{ResponseFormat.Multipart.MediaType()}; boundary={boundary}", body.ToArray());
    }

    private static void WritePart(MemoryStream body, string boundary, ResponseFormat format, string name, ReadOnlySpan<byte> content)
    {
        body.Write(Encoding.ASCII.GetBytes(
            $"--{boundary}\r\nContent-Type: {format.MediaType()}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n"));
        body.Write(content);
        body.Write("\r\n"u8);
    }
}
