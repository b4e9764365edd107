using System.Text;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.TestSupport;
using NetVips;

namespace EcoM2F.Inference.Tests.Imaging;

/// <summary>A sound file of a kind that is not decoded is no broken file: it is refused as unsupported, by name, with what is accepted.</summary>
public sealed class UnsupportedImageTests
{
    [Theory]
    [InlineData("photo.heic", "HEIC")]
    [InlineData("zstd.tif", "ZSTD")]
    public void Decode_FileOfMissingCodec_NamesIt(string name, string codec)
    {
        var exception = AssertUnsupported(Fixture(name), codec);

        Assert.IsType<VipsException>(exception.InnerException); // for the log
        Assert.DoesNotContain(exception.InnerException.Message, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(6, "old-style JPEG")]
    [InlineData(34712, "JPEG 2000")]
    [InlineData(34661, "JBIG")]
    [InlineData(34887, "LERC")]
    [InlineData(34925, "LZMA")]
    [InlineData(50000, "ZSTD")]
    [InlineData(50002, "JPEG XL")]
    [InlineData(12345, "12345")]
    public void Decode_TiffOfMissingCompression_NamesItAndWhatIsAccepted(int compression, string name)
    {
        var exception = AssertUnsupported(TestImages.Tiff((259, 3, (uint)compression)), name);

        Assert.Contains("LZW", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("avc1", "H.264")]
    [InlineData("vvc1", "VVC")]
    [InlineData("j2k1", "JPEG 2000")]
    [InlineData("hev1", "HEVC")]
    [InlineData("abcd", "abcd")]
    public void Decode_HeifOfMissingCodec_NamesIt(string type, string name)
    {
        var bytes = Fixture("photo.heic");
        Encoding.ASCII.GetBytes(type).CopyTo(bytes, bytes.AsSpan().IndexOf("hvc1"u8));

        AssertUnsupported(bytes, name);
    }

    [Fact]
    public void Decode_HeicCutOff_IsStillNamed() => AssertUnsupported(Fixture("photo.heic")[..60], "HEIC");

    [Fact]
    public void Decode_AvifCutOff_IsABadImage()
    {
        using var image = TestImages.Rgb(48, 32);
        var avif = image.HeifsaveBuffer(compression: Enums.ForeignHeifCompression.Av1, effort: 0);

        Assert.Equal(SegmentationError.BadImage, Refuse(avif[..^40]).Error);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(10)]
    [InlineData(12)]
    public void Decode_AvifOfAnyDepth_IsDecoded(int bits)
    {
        using var image = TestImages.Rgb(48, 32);

        Assert.Equal(48, Decode(image.HeifsaveBuffer(compression: Enums.ForeignHeifCompression.Av1, effort: 0, bitdepth: bits)).Width);
    }

    [Theory]
    [InlineData(Enums.ForeignTiffCompression.None)]
    [InlineData(Enums.ForeignTiffCompression.Lzw)]
    [InlineData(Enums.ForeignTiffCompression.Deflate)]
    [InlineData(Enums.ForeignTiffCompression.Packbits)]
    [InlineData(Enums.ForeignTiffCompression.Jpeg)]
    [InlineData(Enums.ForeignTiffCompression.Webp)]
    public void Decode_TiffOfAcceptedCompression_IsDecodedAndABadImageWhereCutOff(Enums.ForeignTiffCompression compression)
    {
        using var image = TestImages.Rgb(64, 48);
        var tiff = image.TiffsaveBuffer(compression: compression);

        Assert.Equal(64, Decode(tiff).Width);
        var exception = Refuse(WithoutData(tiff));
        Assert.True(exception.Error == SegmentationError.BadImage, exception.Message);
    }

    [Fact]
    public void Decode_TiffOfFax_IsDecoded()
    {
        using var image = TestImages.Bands([.. Enumerable.Repeat((byte)255, 64 * 8)], 64, 8, 1, Enums.Interpretation.Bw);

        Assert.Equal(64, Decode(image.TiffsaveBuffer(compression: Enums.ForeignTiffCompression.Ccittfax4, bitdepth: 1)).Width);
    }

    [Fact]
    public void Decode_CameraRaw_IsRefusedAndNotItsThumbnailDecoded()
    {
        AssertUnsupported(TestImages.Tiff((50706, 1, 4)), "raw"); // DNG: DNGVersion
        AssertUnsupported(TestImages.Tiff((254, 4, 1), (330, 4, 300)), "raw"); // NEF, ARW: a thumbnail, and the image in a further directory
        AssertUnsupported(TestImages.Tiff((262, 3, 32803)), "raw"); // colour filter array
        byte[] canon = [.. TestImages.Tiff()[..4], 16, 0, 0, 0, .. "CR\x02\0"u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        AssertUnsupported(canon, "raw");
        AssertUnsupported([0, 0, 0, 24, .. "ftypcrx \0\0\0\u0001crx isom"u8], "raw");
        AssertUnsupported([.. "FUJIFILMCCD-RAW 0201"u8], "raw");
    }

    [Fact]
    public void Decode_TiffWithSmallerCopies_IsDecoded() => Assert.Equal(8, Decode(TestImages.Tiff((330, 4, 300))).Width);

    [Theory]
    [InlineData("BM6\0\0\0\0\0\0\0", "BMP")]
    [InlineData("\0\0\0\u000CjP  \r\n", "JPEG 2000")]
    [InlineData("\0\0\0\u000CJXL \r\n", "JPEG XL")]
    [InlineData("8BPS\0\u0001", "Photoshop")]
    [InlineData("%PDF-1.7", "PDF")]
    [InlineData("<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG")]
    [InlineData("<!DOCTYPE html><title>404</title>", "HTML")]
    [InlineData("\0\0\0\u0018ftypisom\0\0\0\0isommp42", "video")]
    [InlineData("\0\0\0\u0014ftypqt  \0\0\0\0qt  ", "video")]
    [InlineData("\0\0\u0001\0\u0001\0", "icon")]
    [InlineData("P6\n8 8\n255\n", "Netpbm")]
    [InlineData("version https://git-lfs.github.com/spec/v1\n", "git lfs pull")]
    [InlineData("data:image/png;base64,iVBORw0KGgo=", "data URL")]
    [InlineData("/9j/4AAQSkZJRg==", "Base64")]
    [InlineData("\0\u0005\u0016\u0007\0\u0002\0\0Mac OS X", "AppleDouble")]
    public void Decode_AnotherFormat_IsNamed(string bytes, string name) => AssertUnsupported(Encoding.Latin1.GetBytes(bytes), name);

    [Fact]
    public void Decode_HeaderOfHeif_IsReadWithinBounds()
    {
        var heic = Fixture("photo.heic");
        for (var i = 0; i < 350; i++)
        {
            _ = HeifCodec.Find(heic.AsSpan(0, i));
            var damaged = (byte[])heic.Clone();
            damaged[i] = 0xFF;
            _ = HeifCodec.Find(damaged);
            damaged[i] = 0;
            _ = HeifCodec.Find(damaged);
        }
    }

    [Fact]
    public void Read_DamagedTiff_IsReadWithinBounds()
    {
        var tiff = TestImages.Tiff((50706, 1, 4));
        for (var i = 4; i < 150; i++)
        {
            _ = TiffDirectory.Read(tiff.AsSpan(0, i));
            var damaged = (byte[])tiff.Clone();
            damaged[i] = 0xFF;
            _ = TiffDirectory.Read(damaged);
        }

        byte[] big = [.. "II+\0"u8, 8, 0, 0, 0, .. Enumerable.Repeat((byte)0xFF, 40)];
        Assert.Null(TiffDirectory.Read(big));
    }

    private static SegmentationException AssertUnsupported(byte[] bytes, string name)
    {
        var exception = Refuse(bytes);
        Assert.True(exception.Error == SegmentationError.UnsupportedFormat, exception.Message);
        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
        Assert.Contains(ImageFormats.Names, exception.Message, StringComparison.Ordinal);
        return exception;
    }

    private static SegmentationException Refuse(byte[] bytes) => Assert.Throws<SegmentationException>(() => Decode(bytes));

    private static DecodedImage Decode(byte[] bytes) => ImageDecoder.Decode(bytes, new ImageLimits(), TestContext.Current.CancellationToken);

    private static byte[] Fixture(string name) => File.ReadAllBytes(Path.Combine(RepositoryPaths.Fixtures, "imaging", name));

    /// <summary>The strip's place moved beyond the end of the file.</summary>
    private static byte[] WithoutData(byte[] tiff)
    {
        var damaged = (byte[])tiff.Clone();
        byte[][] places = [[0x11, 1, 4, 0, 1, 0, 0, 0], [0x44, 1, 4, 0, 1, 0, 0, 0]]; // strip or tile offsets, one LONG
        var at = places.Select(place => damaged.AsSpan().IndexOf(place)).Single(static at => at >= 0);
        BitConverter.TryWriteBytes(damaged.AsSpan(at + 8), tiff.Length + 1000);
        return damaged;
    }
}
