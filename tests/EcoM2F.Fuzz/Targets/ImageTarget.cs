using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.TestSupport;
using NetVips;

namespace EcoM2F.Fuzz.Targets;

/// <summary>Headers and pixels of small images, in every format that is served.</summary>
internal static class ImageTarget
{
    public const string Name = "image";

    private const int LargestFile = 16 << 10;

    /// <summary>Small, so that what an input may cost is small too.</summary>
    private static readonly ImageLimits Limits = new() { MaxBytes = 1 << 21, MaxPixels = 1 << 20, MaxFrames = 100 };

    public static FuzzTarget Create() => new(
        Name,
        [.. Fixtures(), .. Converted()],
        [.. ((string[])["IHDR", "IDAT", "iCCP", "eXIf", "acTL", "Exif\0\0", "II*\0", "MM\0*", "VP8X", "VP8L", "ANIM", "ftypavif", "meta", "\u00ff\u00d8\u00ff\u00e0", "\u00ff\u00c0", "\u00ff\u00da", "NETSCAPE2.0"]).Select(System.Text.Encoding.Latin1.GetBytes)],
        static input =>
        {
            ReadHeader(input);
            ImageDecoder.Decode(input, Limits, CancellationToken.None);
        },
        static exception => exception is SegmentationException { Error: SegmentationError.BadImage or SegmentationError.UnsupportedFormat or SegmentationError.TooLarge });

    /// <summary>By itself: what refuses a header must not keep the decoder from being tried.</summary>
    private static void ReadHeader(byte[] input)
    {
        try
        {
            ImageDecoder.ReadHeader(input, Limits);
        }
        catch (SegmentationException)
        {
            // documented
        }
    }

    private static IEnumerable<byte[]> Fixtures() => Directory.EnumerateFiles(RepositoryPaths.Fixtures, "*", SearchOption.AllDirectories)
        .Where(static file => Path.GetExtension(file) is ".png" or ".jpg" or ".gif" or ".tif" or ".webp" or ".avif" or ".heic" && new FileInfo(file).Length <= LargestFile)
        .Order(StringComparer.Ordinal)
        .Select(File.ReadAllBytes);

    private static IEnumerable<byte[]> Converted()
    {
        using var image = Image.NewFromBuffer(File.ReadAllBytes(Path.Combine(RepositoryPaths.Fixtures, "requests", "plain.jpg")));
        foreach (var suffix in (string[])[".png", ".webp", ".webp[lossless]", ".gif", ".tif", ".tif[compression=deflate,tile]", ".avif", ".jpg[interlace]"])
        {
            yield return image.WriteToBuffer(suffix);
        }
    }
}
