using System.Buffers;
using System.Text;

namespace EcoM2F.Serving.Http;

/// <summary>What clients send in place of an image's own bytes, told by how it begins.</summary>
/// <param name="What">Completes "The body is ...".</param>
/// <param name="Cure">What to send instead, as an order.</param>
internal sealed record UploadContent(string What, string Cure)
{
    private const string SendBytes = "send the bytes of the image itself, as the body or as the part 'image' of multipart/form-data";
    private const int Prefix = 512;
    private const int LeastBase64 = 32;

    private static readonly SearchValues<byte> Base64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=\r\n"u8);

    /// <returns>Null for anything else, such as the bytes of some other kind of file.</returns>
    public static UploadContent? Recognize(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
        {
            return new("compressed with gzip", "send the image uncompressed");
        }

        if (IsDecodedAsText(bytes))
        {
            return new("an image that was read as text, which replaces bytes", $"read the file as binary and {SendBytes}");
        }

        // without a byte order mark and blank space
        var text = Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, Prefix)]).TrimStart('\u00ef', '\u00bb', '\u00bf', ' ', '\t', '\r', '\n');
        return RecognizeText(text) ?? (IsBase64(bytes) ? new("base64 text", $"decode it and {SendBytes}") : null);
    }

    private static UploadContent? RecognizeText(string text)
    {
        if (text.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            return new("a data: URL", $"decode the base64 after its comma and {SendBytes}");
        }

        if (text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            return new("a URL, and the service does not fetch URLs", SendBytes);
        }

        if (text.StartsWith("--", StringComparison.Ordinal) && text.Contains("\nContent-Disposition:", StringComparison.OrdinalIgnoreCase))
        {
            return new("a form without its Content-Type", "send Content-Type: multipart/form-data with the form's boundary, which HTTP libraries do if the header is left to them");
        }

        return text switch
        {
            ['{' or '[' or '"', ..] => new("JSON", $"{SendBytes}; options go in the query string"),
            ['<', ..] => new("HTML or XML", $"{SendBytes}; an HTML form uploads a file with method=\"post\", enctype=\"multipart/form-data\" and <input type=\"file\" name=\"image\">"),
            _ => null,
        };
    }

    /// <summary>U+FFFD where a JPEG or PNG has bytes that are not UTF-8; or those bytes as Latin-1 characters in UTF-8.</summary>
    private static bool IsDecodedAsText(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBF, 0xBD])
        || bytes.StartsWith((ReadOnlySpan<byte>)[0xC3, 0xBF, 0xC3, 0x98, 0xC3, 0xBF])
        || bytes.StartsWith((ReadOnlySpan<byte>)[0xC2, 0x89, (byte)'P', (byte)'N', (byte)'G']);

    private static bool IsBase64(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= LeastBase64 && !bytes[..Math.Min(bytes.Length, Prefix)].ContainsAnyExcept(Base64);
}
