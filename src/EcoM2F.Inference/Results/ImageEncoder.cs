using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using NetVips;

namespace EcoM2F.Inference.Results;

/// <summary>Encodes RGB and grey pixels through libvips. Results carry no metadata.</summary>
internal static class ImageEncoder
{
    /// <summary>Quality of lossy formats: no visible blocks around contours, a tenth of the PNG's size.</summary>
    private const int Quality = 85;

    /// <summary>Of small pictures, of which a page holds many.</summary>
    private const int SmallQuality = 75;

    /// <summary>WebP's encoder effort, 0 to 6: 2 is about twice as fast as the default 4 and 5% larger.</summary>
    private const int WebPEffort = 2;

    /// <summary>Deflate level: ids are long runs, which level 1 packs nearly as well as 9.</summary>
    private const int PngCompression = 1;

    /// <param name="pixels">[height, width, 3]; not kept.</param>
    public static byte[] Png(ReadOnlyMemory<byte> pixels, int width, int height)
    {
        using var image = Wrap(pixels, width, height);
        return image.PngsaveBuffer(compression: PngCompression, keep: Enums.ForeignKeep.None);
    }

    /// <param name="pixels">[height, width]; not kept.</param>
    public static byte[] GreyPng(ReadOnlyMemory<byte> pixels, int width, int height)
    {
        VipsRuntime.EnsureInitialized();
        using var raw = Image.NewFromMemoryCopy(pixels.Span[..(width * height)], width, height, 1, Enums.BandFormat.Uchar);
        using var image = raw.Copy(interpretation: Enums.Interpretation.Bw);
        return image.PngsaveBuffer(compression: PngCompression, keep: Enums.ForeignKeep.None);
    }

    /// <param name="pixels">[height, width, 3]; not kept.</param>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.UnsupportedOutput"/>: a side is over what the format can hold, 16,383 for WebP, 65,535 for JPEG.</exception>
    public static byte[] Lossy(ReadOnlyMemory<byte> pixels, int width, int height, OverlayFormat format)
    {
        var limit = format == OverlayFormat.WebP ? 16_383 : 65_535;
        if (Math.Max(width, height) > limit)
        {
            throw new SegmentationException(
                SegmentationError.UnsupportedOutput,
                $"{format} allows at most {limit} pixels per side, and the image has {width} x {height}: ask for another type.");
        }

        using var image = Wrap(pixels, width, height);
        return format == OverlayFormat.WebP
            ? image.WebpsaveBuffer(q: Quality, effort: WebPEffort, keep: Enums.ForeignKeep.None)
            : image.JpegsaveBuffer(q: Quality, keep: Enums.ForeignKeep.None);
    }

    /// <param name="pixels">[height, width, 3]; not kept.</param>
    /// <param name="longestSide">Larger images are scaled down to it.</param>
    public static byte[] SmallWebP(ReadOnlyMemory<byte> pixels, int width, int height, int longestSide)
    {
        using var image = Wrap(pixels, width, height);
        using var small = image.ThumbnailImage(longestSide, longestSide, size: Enums.Size.Down);
        return small.WebpsaveBuffer(q: SmallQuality, effort: WebPEffort, keep: Enums.ForeignKeep.None);
    }

    private static Image Wrap(ReadOnlyMemory<byte> pixels, int width, int height)
    {
        VipsRuntime.EnsureInitialized();
        using var raw = Image.NewFromMemoryCopy(pixels.Span[..(width * height * 3)], width, height, 3, Enums.BandFormat.Uchar);
        return raw.Copy(interpretation: Enums.Interpretation.Srgb);
    }
}
