using System.Text.Json;

namespace EcoM2F.Inference.Json;

/// <summary>JSON as people save it: a byte-order mark at the front is skipped.</summary>
public static class JsonFile
{
    private static ReadOnlySpan<byte> Utf8Mark => [0xEF, 0xBB, 0xBF];

    /// <summary>The whole file without a byte-order mark.</summary>
    /// <exception cref="JsonException">The file is UTF-16.</exception>
    public static byte[] ReadBytes(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var text = WithoutMark(bytes);
        return text.Length == bytes.Length ? bytes : text.ToArray();
    }

    /// <summary>A stream that begins after a byte-order mark.</summary>
    /// <exception cref="JsonException">The file is UTF-16.</exception>
    public static FileStream OpenRead(string path)
    {
        var stream = File.OpenRead(path);
        try
        {
            Span<byte> start = stackalloc byte[Utf8Mark.Length];
            var read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            stream.Position = read - WithoutMark(start[..read]).Length;
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>JSON, or one line of JSON, without a byte-order mark.</summary>
    /// <exception cref="JsonException">The text is UTF-16.</exception>
    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> json)
    {
        if (json is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            throw new JsonException("The file is UTF-16; save it as UTF-8.");
        }

        return json.StartsWith(Utf8Mark) ? json[Utf8Mark.Length..] : json;
    }
}
