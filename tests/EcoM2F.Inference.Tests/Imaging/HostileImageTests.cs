using System.Diagnostics;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;

namespace EcoM2F.Inference.Tests.Imaging;

/// <summary>Inputs that must be refused, for the right reason and without being decoded.</summary>
[Collection(RunsAlone.Name)]
public sealed class HostileImageTests
{
    private const long Mebibyte = 1 << 20;

    public static TheoryData<string, SegmentationError> Inputs
    {
        get
        {
            var data = new TheoryData<string, SegmentationError>();
            foreach (var (name, error, _) in Hostile)
            {
                data.Add(name, error);
            }

            return data;
        }
    }

    private static IReadOnlyList<(string Name, SegmentationError Error, byte[] Bytes)> Hostile { get; } = CreateInputs();

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Decode_Hostile_IsRefused(string name, SegmentationError error)
    {
        var bytes = Hostile.Single(input => input.Name == name).Bytes;

        var exception = Assert.Throws<SegmentationException>(() => Decode(bytes));

        Assert.Equal(error, exception.Error);
        Assert.DoesNotContain("vips", exception.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Decode_TooManyPixels_NamesTheValues()
    {
        var exception = Assert.Throws<SegmentationException>(() => Decode(TestImages.PngHeader(30_000, 30_000)));

        Assert.Contains("30000 x 30000 = 900000000 pixels", exception.Message, StringComparison.Ordinal);
        Assert.Contains("100000000", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_OverByteLimit_IsTooLarge()
    {
        var limits = new ImageLimits { MaxBytes = 10 };

        var exception = Assert.Throws<SegmentationException>(() => ImageDecoder.Decode(TestImages.Gif(1), limits, CancellationToken.None));

        Assert.Equal(SegmentationError.TooLarge, exception.Error);
    }

    [Fact]
    public void Decode_FramesWithinLimit_IsDecoded() => Assert.Equal(1, Decode(TestImages.Gif(1000)).Width);

    [Fact]
    public void Decode_HostileManyTimes_KeepsNoMemory()
    {
        void Round(int times)
        {
            for (var i = 0; i < times; i++)
            {
                foreach (var (_, _, bytes) in Hostile)
                {
                    Assert.Throws<SegmentationException>(() => Decode(bytes));
                }
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
        }

        Round(10); // libraries load, pools fill
        var before = ResidentBytes();
        Round(300 / Hostile.Count + 1);

        Assert.InRange(ResidentBytes() - before, long.MinValue, 64 * Mebibyte);
    }

    private static long ResidentBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private static DecodedImage Decode(byte[] bytes) => ImageDecoder.Decode(bytes, new ImageLimits(), CancellationToken.None);

    private static List<(string Name, SegmentationError Error, byte[] Bytes)> CreateInputs()
    {
        using var rgb = TestImages.Rgb(200, 150);
        var jpeg = rgb.JpegsaveBuffer();
        var png = rgb.PngsaveBuffer();
        var webp = rgb.WebpsaveBuffer();
        using var floats = rgb.Cast(global::NetVips.Enums.BandFormat.Float);
        return
        [
            ("empty", SegmentationError.BadImage, []),
            ("zip", SegmentationError.UnsupportedFormat, [0x50, 0x4B, 3, 4, .. new byte[64]]),
            ("text", SegmentationError.UnsupportedFormat, "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"u8.ToArray()),
            ("mp4", SegmentationError.UnsupportedFormat, "\0\0\0\x18ftypisom\0\0\0\0isommp42"u8.ToArray()),
            ("truncated jpeg", SegmentationError.BadImage, jpeg[..(jpeg.Length / 2)]),
            ("jpeg signature only", SegmentationError.BadImage, jpeg[..3]),
            ("truncated png", SegmentationError.BadImage, png[..(png.Length / 2)]),
            ("png with wrong checksum", SegmentationError.BadImage, Damage(png, png.AsSpan().IndexOf("IDAT"u8) + 40)),
            ("png of size zero", SegmentationError.BadImage, TestImages.PngHeader(0, 5)),
            ("truncated webp", SegmentationError.BadImage, webp[..(webp.Length / 2)]),
            ("gif without frames", SegmentationError.BadImage, TestImages.Gif(0)),
            ("truncated gif", SegmentationError.BadImage, TestImages.Gif(1)[..24]),
            ("gif of 10,000 frames", SegmentationError.TooLarge, TestImages.Gif(10_000)),
            ("png of 30000 x 30000", SegmentationError.TooLarge, TestImages.PngHeader(30_000, 30_000)),
            ("png of 1 x 500M", SegmentationError.TooLarge, TestImages.PngHeader(1, 500_000_000)),
            ("png of 4G x 4G", SegmentationError.TooLarge, TestImages.PngHeader(uint.MaxValue, uint.MaxValue)),
            ("tiff of 60000 x 60000", SegmentationError.TooLarge, TestImages.TiffHeader(60_000, 60_000)),
            ("tiff of 4G x 4G", SegmentationError.BadImage, TestImages.TiffHeader(uint.MaxValue, uint.MaxValue)),
            ("tiff without data", SegmentationError.BadImage, TestImages.TiffHeader(1000, 1000)),
            ("tiff of 5000 pages", SegmentationError.TooLarge, TestImages.TiffPages(5000)),
            ("tiff whose pages form a circle", SegmentationError.TooLarge, TestImages.TiffPages(3, loop: true)),
            ("tiff of floats", SegmentationError.BadImage, floats.TiffsaveBuffer()),
            ("avif of noise", SegmentationError.BadImage, [0, 0, 0, 0x18, .. "ftypavif\0\0\0\0avifmif1"u8, .. new byte[200]]),
        ];
    }

    private static byte[] Damage(byte[] bytes, int position)
    {
        var damaged = (byte[])bytes.Clone();
        damaged[position] ^= 0x55;
        return damaged;
    }
}
