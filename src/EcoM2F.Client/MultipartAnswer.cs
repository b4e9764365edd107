using System.Text;
using System.Text.Json;

namespace EcoM2F.Client;

/// <summary>Reads the answer in parts: JSON, then pictures.</summary>
internal static class MultipartAnswer
{
    public const string MediaType = "multipart/mixed";

    /// <exception cref="FormatException">It is not what the service writes.</exception>
    public static async Task<SegmentResult> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var boundary = content.Headers.ContentType?.Parameters.FirstOrDefault(static parameter => parameter.Name == "boundary")?.Value?.Trim('"');
        var body = await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        var parts = boundary is null ? [] : Read(body, boundary);
        return parts is [var json, var ids, var confidence]
            ? JsonSerializer.Deserialize(json.Span, ClientJson.Default.SegmentResult)! with { IdsPng = ids, ConfidencePng = confidence }
            : throw new FormatException($"The answer has {parts.Count} parts where JSON and two pictures were expected.");
    }

    /// <summary>Bodies of the parts, without their headers.</summary>
    private static List<ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> body, string boundary)
    {
        var parts = new List<ReadOnlyMemory<byte>>();
        var (delimiter, rest) = (Encoding.ASCII.GetBytes($"\r\n--{boundary}"), body);
        var start = rest.Span.StartsWith(delimiter.AsSpan(2)) ? delimiter.Length - 2 : rest.Length;
        while (start < rest.Length)
        {
            rest = rest[start..];
            var (headers, end) = (rest.Span.IndexOf("\r\n\r\n"u8), rest.Span.IndexOf(delimiter));
            if (end < 0 || headers < 0 || headers > end)
            {
                break;
            }

            parts.Add(rest[(headers + 4)..end]);
            start = end + delimiter.Length;
        }

        return parts;
    }
}
