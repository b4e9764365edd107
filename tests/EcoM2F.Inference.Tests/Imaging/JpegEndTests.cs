using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Imaging;

/// <summary>A JPEG whose end marker alone is missing is decoded; one that lacks any of its image data is refused.</summary>
public sealed class JpegEndTests
{
    private const int Side = 40;
    private const int EndMarker = 2;

    public static TheoryData<string> Kinds => ["baseline", "progressive", "optimised scans", "restart markers", "grey"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Decode_WithoutEndMarker_HasAllPixels(string kind)
    {
        var jpeg = Create(kind);
        var expected = Decode(jpeg);

        Assert.Equal(expected, Decode(jpeg[..^EndMarker]));
        Assert.Equal(expected, Decode(jpeg[..^1])); // the first half of the marker
        Assert.Equal(expected, Decode([.. jpeg[..^EndMarker], .. new byte[100]])); // padded to a block
        Assert.Equal(expected, Decode([.. jpeg[..^EndMarker], 0xFF, 0xFF, 0xFF]));
        Assert.Equal(Side, ImageDecoder.ReadHeader(jpeg.AsMemory(..^EndMarker), new ImageLimits()).Width);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Decode_CutAnywhere_IsRefused(string kind)
    {
        var jpeg = Create(kind);
        for (var length = 3; length < jpeg.Length - EndMarker; length++)
        {
            AssertBad(jpeg[..length], $"{kind} cut to {length} of {jpeg.Length} bytes");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Decode_CutAndPaddedWithZeros_IsRefused(string kind)
    {
        var jpeg = Create(kind);
        var start = jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
        for (var length = start + 20; length < jpeg.Length - EndMarker; length++)
        {
            if (jpeg.AsSpan(length..^EndMarker).ContainsAnyExcept((byte)0))
            {
                AssertBad([.. jpeg[..length], .. new byte[64]], $"{kind} cut to {length} of {jpeg.Length} bytes and padded");
            }
        }
    }

    [Fact]
    public void Decode_FileWithoutEndMarker_IsDecoded()
    {
        var image = ImageDecoder.Decode(File.ReadAllBytes(Path.Combine(RepositoryPaths.Fixtures, "imaging", "no_eoi.jpg")), new ImageLimits(), TestContext.Current.CancellationToken);

        Assert.Equal((96, 64), (image.Width, image.Height));
    }

    [Fact]
    public void Mend_DataBehindTheEndMarker_LeavesTheFile()
    {
        var jpeg = Create("baseline");

        Assert.Null(JpegEnd.Mend(jpeg));
        Assert.Null(JpegEnd.Mend([.. jpeg, .. "a camera's own data"u8]));
        Assert.Equal(Decode(jpeg), Decode([.. jpeg, .. "a camera's own data"u8]));
    }

    [Fact]
    public void Mend_ArithmeticCoding_LeavesTheFile()
    {
        var jpeg = Create("baseline");
        jpeg[jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]) + 1] = 0xC9;

        Assert.Null(JpegEnd.Mend(jpeg.AsSpan(0, jpeg.Length - EndMarker)));
    }

    [Fact]
    public void Mend_AnyDamage_IsReadWithinBounds()
    {
        foreach (var kind in (string[])["baseline", "progressive", "restart markers"])
        {
            var jpeg = Create(kind)[..^EndMarker];
            for (var i = 2; i < jpeg.Length; i++)
            {
                foreach (var value in (byte[])[0, 1, 0x7F, 0xDA, 0xFF])
                {
                    var damaged = (byte[])jpeg.Clone();
                    damaged[i] = value;
                    _ = JpegEnd.Mend(damaged);
                }
            }
        }

        _ = JpegEnd.Mend([.. Create("baseline")[..^EndMarker], 0xFF, 0xDA, 0, 2]);
        _ = JpegEnd.Mend([.. Create("baseline")[..^EndMarker], 0xFF, 0xDA, 0, 3, 9]);
    }

    private static byte[] Create(string kind)
    {
        using var image = Picture();
        return kind switch
        {
            "progressive" => image.JpegsaveBuffer(q: 90, interlace: true),
            "optimised scans" => image.JpegsaveBuffer(q: 90, interlace: true, optimizeScans: true),
            "restart markers" => image.JpegsaveBuffer(q: 90, restartInterval: 1),
            "grey" => image.ExtractBand(1).JpegsaveBuffer(q: 90),
            _ => image.JpegsaveBuffer(q: 90),
        };
    }

    /// <summary>A gradient with noise, so that all coefficients take part.</summary>
    private static NetVips.Image Picture()
    {
        var pixels = TestImages.Gradient(Side, Side);
        var random = new Random(7);
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)Math.Clamp(pixels[i] + random.Next(-40, 40), 0, 255);
        }

        return TestImages.Bands(pixels, Side, Side, 3, NetVips.Enums.Interpretation.Srgb);
    }

    private static byte[] Decode(byte[] bytes) => ImageDecoder.Decode(bytes, new ImageLimits(), CancellationToken.None).Pixels.ToArray();

    private static void AssertBad(byte[] bytes, string what)
    {
        var exception = Record.Exception(() => Decode(bytes));
        Assert.True(exception is SegmentationException { Error: SegmentationError.BadImage }, $"{what}: {exception?.Message ?? "decoded"}");
    }
}
