using System.Text;

namespace EcoM2F.Inference.Safetensors;

/// <summary>What a file really is that has the name of another: by its first bytes, with the way out.</summary>
public static class FileSignature
{
    /// <summary>Bytes from a file's start that <see cref="Identify"/> looks at.</summary>
    public const int Length = 512;

    private static readonly (byte[] Start, string Description)[] Signatures =
    [
        ("version https://git-lfs"u8.ToArray(), "is a Git LFS pointer, not the file itself; run 'git lfs pull' in its folder"),
        ([0x1F, 0x8B], "is compressed with gzip; unpack it first"),
        ([0x28, 0xB5, 0x2F, 0xFD], "is compressed with zstd; unpack it first"),
        ([0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z'], "is compressed with xz; unpack it first"),
        ("BZh"u8.ToArray(), "is compressed with bzip2; unpack it first"),
        ([(byte)'7', (byte)'z', 0xBC, 0xAF], "is a 7z archive; unpack it first"),
        ([0x89, (byte)'H', (byte)'D', (byte)'F'], "is an HDF5 file, as Keras saves; safetensors was expected"),
        ("GGUF"u8.ToArray(), "is a GGUF file; safetensors was expected"),
    ];

    private const string Pickle =
        "is a PyTorch file, a Python pickle, which runs code when it is loaded and is refused; save the model again with save_pretrained(FOLDER, safe_serialization=True)";

    /// <param name="start">The file's first <see cref="Length"/> bytes, or all where it is shorter.</param>
    /// <returns>A sentence without its subject and full stop, such as "is compressed with gzip; unpack it first"; null for what is not known.</returns>
    public static string? Identify(ReadOnlySpan<byte> start)
    {
        foreach (var (signature, description) in Signatures)
        {
            if (start.StartsWith(signature))
            {
                return description;
            }
        }

        if (start.StartsWith("PK\u0003\u0004"u8))
        {
            return start.IndexOf("data.pkl"u8) >= 0 ? Pickle : "is a ZIP archive; unpack it first";
        }

        return start is [0x80, >= 2 and <= 5, ..] ? Pickle : IsHtml(start) ? "is a web page, as a failed download or one without a sign-in leaves behind; download it again" : null;
    }

    private static bool IsHtml(ReadOnlySpan<byte> start)
    {
        var text = Encoding.Latin1.GetString(start).TrimStart('\u00EF', '\u00BB', '\u00BF', ' ', '\t', '\r', '\n');
        return text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase)
            || (text.StartsWith('<') && text.Contains("<html", StringComparison.OrdinalIgnoreCase));
    }
}
