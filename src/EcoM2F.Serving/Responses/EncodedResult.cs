using System.Text;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Requests;
using EcoM2F.Inference.Results;
using EcoM2F.Serving.Http;

namespace EcoM2F.Serving.Responses;

/// <summary>A result in the negotiated format. Holds no map and no pixels, so that a client that reads slowly keeps none alive.</summary>
internal sealed record EncodedResult(string ContentType, ReadOnlyMemory<byte> Body, ComputeUsed Compute)
{
    public static EncodedResult Of(SegmentationResult result, ResponseFormat format)
    {
        var (contentType, body) = Encode(result, format);
        return new EncodedResult(contentType, body, result.Compute);
    }

    private static (string ContentType, ReadOnlyMemory<byte> Body) Encode(SegmentationResult result, ResponseFormat format) => format switch
    {
        ResponseFormat.Json => (format.MediaType(), ResultJson.Serialize(result)),
        ResponseFormat.Png => (format.MediaType(), PanopticPng.Encode(result)),
        ResponseFormat.WebP => (format.MediaType(), Overlay.Encode(result, OverlayFormat.WebP)),
        ResponseFormat.Jpeg => (format.MediaType(), Overlay.Encode(result, OverlayFormat.Jpeg)),
        _ => Multipart(result),
    };

    private static (string ContentType, ReadOnlyMemory<byte> Body) Multipart(SegmentationResult result)
    {
        var boundary = "ecom2f-" + Guid.NewGuid().ToString("N");
        using var body = new MemoryStream();
        WritePart(body, boundary, ResponseFormat.Json, "filename=\"result.json\"", ResultJson.Serialize(result));
        WritePart(body, boundary, ResponseFormat.Png, "filename=\"segments.png\"", PanopticPng.Encode(result));
        if (result.Panoptic?.Confidence is not null || result.Semantic?.Confidence is not null)
        {
            WritePart(body, boundary, ResponseFormat.Png, $"name=\"{RequestParameters.Confidence}\"; filename=\"confidence.png\"", ConfidencePng.Encode(result));
        }

        body.Write(Encoding.ASCII.GetBytes($"--{boundary}--\r\n"));
        return ($"{ResponseFormat.Multipart.MediaType()}; boundary={boundary}", body.ToArray());
    }

    private static void WritePart(MemoryStream body, string boundary, ResponseFormat format, string names, ReadOnlySpan<byte> content)
    {
        body.Write(Encoding.ASCII.GetBytes(
            $"--{boundary}\r\nContent-Type: {format.MediaType()}\r\nContent-Disposition: attachment; {names}\r\n\r\n"));
        body.Write(content);
        body.Write("\r\n"u8);
    }
}
