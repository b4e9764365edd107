using EcoM2F.Recipe.Datasets;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Datasets;

public sealed class LabelPngTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Decode_PaletteAndGreyOfEveryDepth_GivesTheNumbersThemselves(byte depth)
    {
        const int Width = 11;
        const int Height = 3;
        var random = new Random(depth);
        int[] values = [.. Enumerable.Range(0, Width * Height).Select(_ => random.Next(1 << depth))];
        var rowBytes = ((Width * depth) + 7) / 8;
        var packed = new byte[rowBytes * Height];
        for (var i = 0; i < values.Length; i++)
        {
            var (y, x) = Math.DivRem(i, Width);
            packed[(y * rowBytes) + (x * depth / 8)] |= (byte)(values[i] << (8 - depth - (x * depth % 8)));
        }

        foreach (byte colour in (byte[])[0, 3])
        {
            var png = LabelPng.Decode(TestPng.Encode(Width, Height, depth, colour, TestPng.Rows(Height, rowBytes, packed)));
            Assert.Equal((Width, Height, false), (png.Width, png.Height, png.IsColour));
            Assert.Equal(values, png.Values);
        }
    }

    [Fact]
    public void Decode_SixteenBits_IsBigEndian()
    {
        var png = LabelPng.Decode(TestPng.Encode(2, 1, 16, 0, [0, 1, 2, 255, 254]));
        Assert.Equal([0x102, 0xFFFE], png.Values);
    }

    [Fact]
    public void Decode_TransparentColours_LeavesAlphaOut()
    {
        var png = LabelPng.Decode(TestPng.Encode(1, 1, 8, 6, [0, 1, 2, 3, 200]));
        Assert.True(png.IsColour);
        Assert.Equal([1 + (2 << 8) + (3 << 16)], png.Values);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Decode_EveryFilter_GivesBackWhatWasFiltered(byte filter)
    {
        const int Width = 7;
        const int Height = 5;
        var random = new Random(filter);
        var pixels = new byte[Width * Height * 3];
        random.NextBytes(pixels);
        var rows = TestPng.Rows(Height, Width * 3, Filter(pixels, Width * 3, filter), filter);
        var png = LabelPng.Decode(TestPng.Encode(Width, Height, 8, 2, rows));
        Assert.Equal(Enumerable.Range(0, Width * Height).Select(i => pixels[3 * i] | (pixels[(3 * i) + 1] << 8) | (pixels[(3 * i) + 2] << 16)), png.Values);
    }

    [Fact]
    public void Decode_ReferencePngs_EqualsTheGeneralDecoder()
    {
        foreach (var file in Directory.EnumerateFiles(MetricFixtures.Path("panoptic", "gt"), "*.png"))
        {
            var bytes = File.ReadAllBytes(file);
            var expected = Inference.Imaging.ImageDecoder.Decode(bytes, new Inference.Imaging.ImageLimits(), TestContext.Current.CancellationToken);
            var actual = LabelPng.Decode(bytes);
            Assert.Equal((expected.Width, expected.Height), (actual.Width, actual.Height));
            Assert.Equal(Enumerable.Range(0, actual.Values.Length).Select(i => expected.Pixels.Span[3 * i] | (expected.Pixels.Span[(3 * i) + 1] << 8) | (expected.Pixels.Span[(3 * i) + 2] << 16)), actual.Values);
        }
    }

    [Theory]
    [InlineData(1, 8, 0, 1, "interlaced")]
    [InlineData(1, 16, 2, 0, "colour type 2|16 bits")]
    [InlineData(1, 8, 4, 0, "colour type 4|8 bits")]
    [InlineData(0, 8, 0, 0, "0 x 1|1 to 65535")]
    [InlineData(65535, 8, 0, 0, "65535 x 1500")]
    public void Decode_KindThatHoldsNoNumbers_SaysWhich(int width, byte depth, byte colour, byte interlace, string fragments)
    {
        var bytes = TestPng.Encode(width, width == 65535 ? 1500 : 1, depth, colour, [0, 0, 0, 0, 0, 0, 0], interlace);
        var error = Assert.Throws<InvalidDataException>(() => LabelPng.Decode(bytes));
        Assert.All(fragments.Split('|'), fragment => Assert.Contains(fragment, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_AnyFileCutShort_IsAnErrorThatNamesIt()
    {
        using var folder = new TemporaryFolder();
        TestPng.WriteIds(folder["whole.png"], 5, 4, [.. Enumerable.Range(0, 20)]);
        var whole = File.ReadAllBytes(folder["whole.png"]);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(folder["cut.png"], whole[..length]);
            Assert.Contains("cut.png cannot be read", Assert.Throws<RecipeException>(() => LabelPng.Read(folder["cut.png"], out _)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_AnyByteChanged_IsReadOrAnErrorThatNamesIt()
    {
        using var folder = new TemporaryFolder();
        TestPng.WriteIds(folder["whole.png"], 5, 4, [.. Enumerable.Range(0, 20)]);
        var whole = File.ReadAllBytes(folder["whole.png"]);
        for (var i = 0; i < whole.Length; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 0x5A;
            File.WriteAllBytes(folder["damaged.png"], damaged);
            var exception = Record.Exception(() => LabelPng.Read(folder["damaged.png"], out _));
            Assert.True(exception is null or RecipeException, $"byte {i}: {exception}");
        }
    }

    private static byte[] Filter(byte[] pixels, int rowBytes, int filter)
    {
        var result = new byte[pixels.Length];
        for (var i = 0; i < pixels.Length; i++)
        {
            var left = i % rowBytes >= 3 ? pixels[i - 3] : 0;
            var up = i >= rowBytes ? pixels[i - rowBytes] : 0;
            var corner = i % rowBytes >= 3 && i >= rowBytes ? pixels[i - rowBytes - 3] : 0;
            var guess = left + up - corner;
            int[] near = [left, up, corner];
            var predicted = filter switch { 0 => 0, 1 => left, 2 => up, 3 => (left + up) / 2, _ => near.MinBy(value => Math.Abs(guess - value)) };
            result[i] = (byte)(pixels[i] - predicted);
        }

        return result;
    }
}
