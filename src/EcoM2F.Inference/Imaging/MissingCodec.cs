namespace EcoM2F.Inference.Imaging;

/// <summary>
/// Names what an image is coded with where that is nothing the bundled libvips decodes. Asked after decoding failed: a file that is
/// whole but of another codec is no broken file, and its sender should hear which codec it is.
/// </summary>
internal static class MissingCodec
{
    private const string TiffAccepted = "a TIFF may be uncompressed or use LZW, Deflate, PackBits, JPEG, WebP or CCITT";

    /// <returns>What to tell the sender: the codec and what is accepted instead; null where the codec is one that is decoded, or not known.</returns>
    public static string? Explain(ImageFormat format, ReadOnlySpan<byte> bytes) => format switch
    {
        ImageFormat.Tiff => TiffDirectory.Read(bytes) is { } directory && TiffCompression(directory.Compression) is { } name
            ? $"The image is TIFF with {name} compression, which is not supported; {TiffAccepted}. Other formats: {ImageFormats.Names}."
            : null,
        ImageFormat.Heif => HeifName(HeifCodec.Find(bytes)) is { } name
            ? $"The image is {name}, which is not supported; accepted are {ImageFormats.Names}."
            : null,
        _ => null,
    };

    /// <summary>Numbers of the TIFF 6 specification and of libtiff's registry.</summary>
    private static string? TiffCompression(int compression) => compression switch
    {
        // Decoded: none, CCITT (1D, Group 3 and 4, word-aligned), LZW, JPEG, Deflate, NeXT, PackBits, ThunderScan, SGI LogLuv, WebP.
        1 or 2 or 3 or 4 or 5 or 7 or 8 or 32766 or 32771 or 32773 or 32809 or 32946 or 34676 or 34677 or 50001 => null,
        6 => "old-style JPEG",
        32909 => "PixarLog",
        33003 or 33004 or 33005 or 34712 => "JPEG 2000",
        34661 => "JBIG",
        34887 => "LERC",
        34892 => "lossy DNG",
        34925 => "LZMA",
        50000 => "ZSTD",
        50002 or 52546 => "JPEG XL",
        _ => $"unknown ({compression})",
    };

    private static string? HeifName(string? codec) => codec switch
    {
        null or "av01" => null,
        "hvc1" or "hev1" or "hvt1" => "HEIC (HEIF with HEVC compression, as iPhones take photos)",
        "avc1" or "avc3" => "HEIF with H.264 compression",
        "vvc1" or "vvi1" => "HEIF with VVC compression",
        "j2k1" => "HEIF with JPEG 2000 compression",
        "jpeg" => "HEIF with JPEG compression",
        "unci" => "HEIF without compression",
        _ => $"HEIF with '{Printable(codec)}' compression",
    };

    private static string Printable(string code) => string.Concat(code.Select(static letter => char.IsAsciiLetterOrDigit(letter) ? letter : '?'));
}
