using System.Text;

namespace EcoM2F.Inference.Imaging;

/// <summary>Names what is sent now and then in place of an image that is served, so that the sender hears what it was.</summary>
internal static class ForeignFormat
{
    /// <summary>How far text is looked at: an SVG may begin with a comment.</summary>
    private const int TextLength = 1024;

    private static readonly (int Offset, byte[] Signature, string Name)[] Signatures =
    [
        (0, [.. "BM"u8], "a BMP image"),
        (0, [0, 0, 0, 12, .. "jP  "u8], "a JPEG 2000 image"),
        (0, [0xFF, 0x4F, 0xFF, 0x51], "a JPEG 2000 image"),
        (0, [0, 0, 0, 12, .. "JXL "u8], "a JPEG XL image"),
        (0, [0xFF, 0x0A], "a JPEG XL image"),
        (0, [.. "8BPS"u8], "a Photoshop document"),
        (0, [.. "gimp xcf"u8], "a GIMP document"),
        (0, [.. "%PDF"u8], "a PDF document"),
        (0, [0, 0, 1, 0], "a Windows icon"),
        (0, [0x76, 0x2F, 0x31, 0x01], "an OpenEXR image"),
        (0, [.. "#?RADIANCE"u8], "a Radiance HDR image"),
        (0, [.. "qoif"u8], "a QOI image"),
        (0, [.. "FUJIFILMCCD-RAW"u8], "a camera's raw file"),
        (0, [.. "IIRO"u8], "a camera's raw file"),
        (0, [.. "IIRS"u8], "a camera's raw file"),
        (0, [.. "MMOR"u8], "a camera's raw file"),
        (0, [.. "IIU\0"u8], "a camera's raw file"),
        (0, [.. "FOVb"u8], "a camera's raw file"),
        (4, [.. "ftypcrx "u8], "a camera's raw file"),
        (4, [.. "ftyp"u8], "an MP4 or QuickTime video"),
        (0, [0x1A, 0x45, 0xDF, 0xA3], "a Matroska or WebM video"),
        (8, [.. "AVI "u8], "an AVI video"),
        (128, [.. "DICM"u8], "a DICOM file"),
        (0, [.. "SIMPLE  ="u8], "a FITS file"),
        (0, [0x89, .. "HDF"u8], "an HDF5 file"),
        (0, [0x93, .. "NUMPY"u8], "a NumPy array"),
        (0, [0x1F, 0x8B], "gzip-compressed data"),
        (0, [.. "PK\u0003\u0004"u8], "a ZIP archive"),
        (0, [0, 5, 0x16, 7], "a macOS resource file (AppleDouble)"),
        (0, [.. "version https://git-lfs"u8], "a Git LFS pointer (\"git lfs pull\" fetches the file)"),
        (0, [.. "data:"u8], "a data URL (send the decoded bytes)"),
        (0, [.. "/9j/"u8], "Base64 text (send the decoded bytes)"),
        (0, [.. "iVBORw0KGgo"u8], "Base64 text (send the decoded bytes)"),
    ];

    /// <returns>With its article, for "The bytes are ..."; null for what is not known.</returns>
    public static string? Name(ReadOnlySpan<byte> bytes)
    {
        foreach (var (offset, signature, name) in Signatures)
        {
            if (bytes.Length > offset && bytes[offset..].StartsWith(signature))
            {
                return name;
            }
        }

        return IsNetpbm(bytes) ? "a Netpbm image" : Markup(bytes);
    }

    /// <summary>P1 to P7 and white space.</summary>
    private static bool IsNetpbm(ReadOnlySpan<byte> bytes) => bytes.Length > 3 && bytes[0] == 'P' && bytes[1] is >= (byte)'1' and <= (byte)'7' && bytes[2] is 10 or 13 or 32;

    private static string? Markup(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, TextLength)]);
        if (text.Contains("<svg", StringComparison.OrdinalIgnoreCase))
        {
            return "an SVG drawing";
        }

        return text.Contains("<html", StringComparison.OrdinalIgnoreCase) || text.Contains("<!doctype html", StringComparison.OrdinalIgnoreCase) ? "an HTML page" : null;
    }
}
