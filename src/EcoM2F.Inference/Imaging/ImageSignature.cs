using System.Buffers.Binary;
using System.Text;
using EcoM2F.Inference.Errors;

namespace EcoM2F.Inference.Imaging;

/// <summary>Tells the image format by magic bytes; a Content-Type header or a file name is never believed.</summary>
internal static class ImageSignature
{
    /// <summary>Brands of AVIF, HEIF and HEIF with other codecs (ISO/IEC 23008-12), for images and sequences of them.</summary>
    private static readonly HashSet<string> StillImageBrands =
    [
        "avif", "avis", "mif1", "mif2", "mif3", "msf1", "heic", "heix", "heim", "heis", "hevc", "hevx", "avci", "avcs", "vvic", "vvis", "j2ki", "j2is", "jpeg", "jpgs",
    ];

    /// <exception cref="SegmentationException">BadImage where there are no bytes; UnsupportedFormat where no signature matches.</exception>
    public static ImageFormat Detect(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            throw new SegmentationException(SegmentationError.BadImage, "The image is empty.");
        }

        return TryDetect(bytes) ?? throw new SegmentationException(
            SegmentationError.UnsupportedFormat,
            ForeignFormat.Name(bytes) is { } name
                ? $"The bytes are {name}, which is not supported; accepted are {ImageFormats.Names}."
                : $"The bytes are not an image in a supported format; accepted are {ImageFormats.Names}.");
    }

    private static ImageFormat? TryDetect(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
        {
            return ImageFormat.Jpeg;
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
        {
            return ImageFormat.Png;
        }

        if (bytes.StartsWith("GIF87a"u8) || bytes.StartsWith("GIF89a"u8))
        {
            return ImageFormat.Gif;
        }

        if (bytes.Length >= 12 && bytes.StartsWith("RIFF"u8) && bytes[8..].StartsWith("WEBP"u8))
        {
            return ImageFormat.WebP;
        }

        if (IsTiff(bytes))
        {
            return ImageFormat.Tiff;
        }

        return IsHeif(bytes) ? ImageFormat.Heif : null;
    }

    /// <summary>Byte order mark, then 42 (classic) or 43 (BigTIFF) in that order.</summary>
    private static bool IsTiff(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith("II*\0"u8) || bytes.StartsWith("II+\0"u8) || bytes.StartsWith("MM\0*"u8) || bytes.StartsWith("MM\0+"u8);

    /// <summary>An ISO base media file whose <c>ftyp</c> box names a still-image brand, as major or as compatible one.</summary>
    private static bool IsHeif(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 12 || !bytes[4..].StartsWith("ftyp"u8))
        {
            return false;
        }

        var boxLength = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        var box = bytes[..(int)Math.Min(boxLength, (uint)Math.Min(bytes.Length, 256))];
        for (var offset = 8; offset + 4 <= box.Length; offset += 4)
        {
            var brand = box.Slice(offset, 4);
            if (StillImageBrands.Contains(Encoding.ASCII.GetString(brand)))
            {
                return true;
            }
        }

        return false;
    }
}
