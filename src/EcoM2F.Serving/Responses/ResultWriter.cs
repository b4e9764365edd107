using EcoM2F.Inference.Compute;
using EcoM2F.Serving.Http;

namespace EcoM2F.Serving.Responses;

/// <summary>
/// Writes an answer. Bodies are complete before the first byte goes out: their length is known, and whatever fails can still
/// become a problem document.
/// </summary>
internal static class ResultWriter
{
    public static async Task WriteAsync(HttpResponse response, EncodedResult result, CancellationToken cancellationToken)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = result.ContentType;
        response.ContentLength = result.Body.Length;
        SetHeaders(response.Headers, result.Compute);
        await response.Body.WriteAsync(result.Body, cancellationToken);
    }

    private static void SetHeaders(IHeaderDictionary headers, ComputeUsed compute)
    {
        headers[ComputeHeaders.ComputeUsed] = ComputeHeaders.FormatUsed(compute);
        headers[ComputeHeaders.ServerTiming] = ComputeHeaders.FormatTiming(compute);
        ApiHeaders.SetOn(headers);
    }
}
