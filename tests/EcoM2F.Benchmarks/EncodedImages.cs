using EcoM2F.Inference.Imaging;
using EcoM2F.TestSupport;
using NetVips;

namespace EcoM2F.Benchmarks;

/// <summary>The tests' photos at two sizes, encoded by libvips in the kinds that are uploaded.</summary>
internal static class EncodedImages
{
    private const int SmallWidth = 640;
    private const int SmallHeight = 480;
    private const int LargeWidth = 4000;
    private const int LargeHeight = 3000;
    private const int Quality = 90;

    /// <summary>What most cameras and phones write.</summary>
    public const string Usual = "JPEG, baseline, 4:2:0";

    /// <param name="large">Whether to make those of 12 megapixels too.</param>
    public static IReadOnlyList<EncodedImageSet> Make(bool large = true)
    {
        VipsRuntime.EnsureInitialized();
        var photos = Directory.GetFiles(Path.Combine(RepositoryPaths.Fixtures, "photos"), "*.jpg").Order(StringComparer.Ordinal).Select(ReadSmall).ToList();

        if (!large)
        {
            List<EncodedImageSet> small = [.. EncodeAll("0.3 megapixels", photos)];
            photos.ForEach(static photo => photo.Dispose());
            return small;
        }

        // Repeated instead of enlarged, which would leave a decoder fewer coefficients to read than a camera's file has.
        using var mosaic = Image.Arrayjoin([.. photos], across: 2);
        using var repeated = mosaic.Replicate((LargeWidth / mosaic.Width) + 1, (LargeHeight / mosaic.Height) + 1);
        using var twelve = repeated.Crop(0, 0, LargeWidth, LargeHeight).CopyMemory();
        List<EncodedImageSet> sets = [.. EncodeAll("0.3 megapixels", photos), .. EncodeAll("12 megapixels", [twelve])];
        photos.ForEach(static photo => photo.Dispose());
        return sets;
    }

    /// <summary>The same photo as phones write it, with colours and profile of Display P3.</summary>
    public static byte[] InDisplayP3(byte[] file)
    {
        using var image = Image.NewFromBuffer(file);
        using var p3 = image.IccTransform("p3", inputProfile: "srgb");
        return p3.JpegsaveBuffer(q: Quality, keep: Enums.ForeignKeep.Icc);
    }

    private static Image ReadSmall(string file)
    {
        using var decoded = ImageDecoder.Decode(File.ReadAllBytes(file), new ImageLimits(), CancellationToken.None);
        using var image = Image.NewFromMemoryCopy(decoded.Pixels.Span, decoded.Width, decoded.Height, 3, Enums.BandFormat.Uchar);
        using var srgb = image.Copy(interpretation: Enums.Interpretation.Srgb);
        using var small = srgb.ThumbnailImage(SmallWidth, height: SmallHeight, crop: Enums.Interesting.Centre);
        return small.CopyMemory();
    }

    private static IEnumerable<EncodedImageSet> EncodeAll(string size, IReadOnlyList<Image> images)
    {
        yield return Encode(Usual, static image => Jpeg(image, interlace: false, Enums.ForeignSubsample.On));
        yield return Encode("JPEG, baseline, 4:4:4", static image => Jpeg(image, interlace: false, Enums.ForeignSubsample.Off));
        yield return Encode("JPEG, progressive, 4:2:0", static image => Jpeg(image, interlace: true, Enums.ForeignSubsample.On));
        yield return Encode("JPEG, progressive, 4:4:4", static image => Jpeg(image, interlace: true, Enums.ForeignSubsample.Off));
        yield return Encode("PNG", static image => image.PngsaveBuffer(keep: Enums.ForeignKeep.None));
        yield return Encode("WebP, lossy", static image => image.WebpsaveBuffer(q: Quality, keep: Enums.ForeignKeep.None));

        EncodedImageSet Encode(string kind, Func<Image, byte[]> encode) => new(size, kind, [.. images.Select(encode)]);
    }

    private static byte[] Jpeg(Image image, bool interlace, Enums.ForeignSubsample subsampling) =>
        image.JpegsaveBuffer(q: Quality, interlace: interlace, subsampleMode: subsampling, keep: Enums.ForeignKeep.None);
}

/// <summary>Images of one size and kind.</summary>
internal sealed record EncodedImageSet(string Size, string Kind, IReadOnlyList<byte[]> Files);
