using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using NetVips;

namespace EcoM2F.Inference.Tests.Imaging;

/// <summary>What every kind of ordinary image decodes to.</summary>
public sealed class ImageDecoderTests
{
    private const int Width = 48;
    private const int Height = 32;

    public static TheoryData<int> Orientations => [.. Enumerable.Range(1, 8)];

    [Theory]
    [MemberData(nameof(Orientations))]
    public void Decode_ExifOrientation_IsUpright(int orientation)
    {
        var image = Decode(TestImages.WithOrientation(Width, Height, orientation));

        var turned = orientation >= 5;
        Assert.Equal((turned ? Height : Width, turned ? Width : Height), (image.Width, image.Height));
        // Where the stored origin (no red, no green) and the end of the stored first row (red only) are once upright.
        var origin = orientation switch { 1 or 5 => (0, 0), 2 or 6 => (1, 0), 3 or 7 => (1, 1), _ => (0, 1) };
        var rowEnd = orientation switch { 1 => (1, 0), 2 => (0, 0), 3 => (0, 1), 4 => (1, 1), 5 => (0, 1), 6 => (1, 1), 7 => (1, 0), _ => (0, 0) };
        AssertNear([0, 0, 64], Corner(image, origin), 16);
        AssertNear([255, 0, 64], Corner(image, rowEnd), 16);
    }

    [Fact]
    public void Decode_PngRgb_IsExact() => Assert.Equal(TestImages.Gradient(Width, Height), Decode(TestImages.Rgb(Width, Height).PngsaveBuffer()).Pixels.ToArray());

    /// <summary>An upload's memory is rented: what stands around its bytes is another's.</summary>
    [Theory]
    [InlineData(".png")]
    [InlineData(".jpg")]
    [InlineData(".webp")]
    [InlineData(".tif")]
    public void Decode_PartOfALargerBuffer_ReadsNoFurther(string format)
    {
        var file = TestImages.Rgb(Width, Height).WriteToBuffer(format);
        byte[] buffer = [.. file, .. file, .. file];
        buffer.AsSpan(0, file.Length).Fill(0xFF);
        buffer.AsSpan(2 * file.Length).Fill(0xFF);

        var image = ImageDecoder.Decode(buffer.AsMemory(file.Length, file.Length), new ImageLimits(), TestContext.Current.CancellationToken);

        Assert.Equal(Decode(file).Pixels.ToArray(), image.Pixels.ToArray());
        Assert.Throws<SegmentationException>(() => ImageDecoder.Decode(buffer.AsMemory(file.Length, file.Length / 2), new ImageLimits(), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Decode_Alpha_IsDroppedNotComposited()
    {
        using var rgba = TestImages.Rgb(Width, Height).Bandjoin(0);

        Assert.Equal(TestImages.Gradient(Width, Height), Decode(rgba.PngsaveBuffer()).Pixels.ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Decode_Grey_IsSpread(int bands)
    {
        using var grey = TestImages.Bands([.. Enumerable.Repeat((byte)90, 16 * bands)], 4, 4, bands, Enums.Interpretation.Bw);

        Assert.All(Decode(grey.PngsaveBuffer()).Pixels.ToArray(), value => Assert.Equal(90, value));
    }

    [Fact]
    public void Decode_PalettePng_IsExpanded()
    {
        var image = Decode(TestImages.Bands([10, 20, 30, 200, 100, 50], 2, 1, 3, Enums.Interpretation.Srgb).PngsaveBuffer(palette: true, q: 100));

        AssertNear([10, 20, 30, 200, 100, 50], image.Pixels.ToArray(), 2);
    }

    [Fact]
    public void Decode_Png16_KeepsHighByte()
    {
        ushort[] samples = [0x1234, 0x80FF, 0xFFFF];
        using var deep = Image.NewFromMemoryCopy<ushort>(samples, 1, 1, 3, Enums.BandFormat.Ushort).Copy(interpretation: Enums.Interpretation.Rgb16);

        Assert.Equal([0x12, 0x80, 0xFF], Decode(deep.PngsaveBuffer(bitdepth: 16)).Pixels.ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Decode_CmykJpeg_IsConverted(bool withProfile)
    {
        using var cmyk = withProfile
            ? TestImages.Rgb(Width, Height).IccTransform("cmyk", inputProfile: "srgb")
            : TestImages.Rgb(Width, Height).Colourspace(Enums.Interpretation.Cmyk);
        var bytes = cmyk.JpegsaveBuffer(q: 95, keep: withProfile ? Enums.ForeignKeep.All : Enums.ForeignKeep.None);

        var image = Decode(bytes);

        Assert.Equal((Width, Height), (image.Width, image.Height));
        AssertNear([128, 128, 64], Pixel(image, Width / 2, Height / 2), 40); // CMYK holds fewer colours
    }

    [Fact]
    public void Decode_WideGamutProfile_IsConvertedToSrgb()
    {
        using var p3 = TestImages.Rgb(Width, Height).IccTransform("p3", inputProfile: "srgb");
        var plain = Decode(p3.PngsaveBuffer(keep: Enums.ForeignKeep.None));
        var image = Decode(p3.PngsaveBuffer());

        AssertNear([128, 128, 64], Pixel(image, Width / 2, Height / 2), 6);
        Assert.NotEqual(plain.Pixels.ToArray(), image.Pixels.ToArray());
    }

    [Fact]
    public void Decode_Gif_IsFirstFrame() => Assert.Equal([200, 10, 20], Decode(TestImages.Gif(3)).Pixels.ToArray());

    [Fact]
    public void Decode_MultiPageTiff_IsFirstPage()
    {
        using var pages = TestImages.Bands([.. Enumerable.Range(0, 4 * 12).Select(i => (byte)(i < 24 ? 70 : 9))], 4, 12, 1, Enums.Interpretation.Bw)
            .Mutate(m => m.Set(GValue.GIntType, "page-height", 6));

        var image = Decode(pages.TiffsaveBuffer());

        Assert.Equal((4, 6), (image.Width, image.Height));
        Assert.All(image.Pixels.ToArray(), value => Assert.Equal(70, value));
    }

    [Fact]
    public void Decode_WebP_IsDecoded() => Assert.Equal(TestImages.Gradient(Width, Height), Decode(TestImages.Rgb(Width, Height).WebpsaveBuffer(lossless: true)).Pixels.ToArray());

    [Fact]
    public void Decode_Avif_IsDecoded()
    {
        using var rgb = TestImages.Rgb(Width, Height);
        var image = Decode(rgb.HeifsaveBuffer(q: 90, compression: Enums.ForeignHeifCompression.Av1, effort: 0));

        Assert.Equal((Width, Height), (image.Width, image.Height));
        AssertNear([128, 128, 64], Pixel(image, Width / 2, Height / 2), 12);
    }

    [Fact]
    public void Decode_OnePixel_IsDecoded() => Assert.Equal([0, 0, 64], Decode(TestImages.Rgb(1, 1).PngsaveBuffer()).Pixels.ToArray());

    /// <summary>Native code reads through delegates of ours and writes into our memory: neither may be let go of or moved too early.</summary>
    [Fact]
    public async Task Decode_WhileTheCollectorRuns_GivesEqualPixels()
    {
        var bytes = TestImages.Rgb(400, 300).JpegsaveBuffer();
        var expected = Decode(bytes).Pixels.ToArray();
        using var stop = new CancellationTokenSource();
        var collecting = Task.Run(() =>
        {
            while (!stop.Token.WaitHandle.WaitOne(1))
            {
                GC.Collect();
            }
        }, TestContext.Current.CancellationToken);
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(expected, Decode(bytes).Pixels.ToArray());
        }

        await stop.CancelAsync();
        await collecting;
    }

    [Fact]
    public async Task Decode_InParallel_GivesEqualPixels()
    {
        var bytes = TestImages.WithOrientation(300, 200, 6);
        var expected = Decode(bytes).Pixels.ToArray();

        var results = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => Decode(bytes).Pixels.ToArray())));

        Assert.All(results, pixels => Assert.True(expected.AsSpan().SequenceEqual(pixels)));
    }

    /// <summary>Memory goes from image to image, never to two at once.</summary>
    [Fact]
    public async Task Decode_DisposedImagesInParallel_EachHasItsOwnPixels()
    {
        (byte[] File, byte[] Pixels)[] images = [.. Enumerable.Range(0, 8).Select(static i => TestImages.WithOrientation(300 + i, 200, 1 + i)).Select(static file => (file, Decode(file).Pixels.ToArray()))];

        await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(() =>
        {
            using var image = Decode(images[i % 8].File);
            Assert.True(image.Pixels.Span.SequenceEqual(images[i % 8].Pixels));
        })));
    }

    /// <summary>Rows are read by our own loop: beside them, the image as libvips writes it.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(300)]
    public void Decode_AnyHeightAndKind_EqualsWhatTheLibraryWrites(int height)
    {
        using var image = TestImages.Rgb(333, height);
        byte[][] files =
        [
            image.JpegsaveBuffer(q: 90),
            image.JpegsaveBuffer(q: 90, interlace: true, subsampleMode: Enums.ForeignSubsample.Off),
            image.PngsaveBuffer(),
            image.PngsaveBuffer(interlace: true),
            image.WebpsaveBuffer(),
            image.TiffsaveBuffer(),
            image.TiffsaveBuffer(tile: true, tileWidth: 128, tileHeight: 128),
        ];

        Assert.All(files, file =>
        {
            using var expected = Image.NewFromBuffer(file);
            Assert.Equal(expected.WriteToMemory<byte>(), Decode(file).Pixels.ToArray());
        });
    }

    /// <summary>What libvips keeps for a thread that reads rows is gone with the image, also where the file is cut off. The least of several rounds, as other tests have images too.</summary>
    [Fact]
    public void Decode_OnManyThreads_LeavesNoNativeMemory()
    {
        const int Rounds = 10;
        const int Images = 40; // whose rows take 180 KB at a time
        using var wide = TestImages.Rgb(3840, 64);
        var (whole, cutOff) = (wide.JpegsaveBuffer(), wide.PngsaveBuffer()[..^200]);
        var least = long.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var before = (long)Stats.Mem;
            Thread[] threads = [.. Enumerable.Range(0, Images).Select(_ => new Thread(() =>
            {
                Decode(whole).Dispose();
                Assert.Throws<SegmentationException>(() => Decode(cutOff));
            }))];
            Array.ForEach(threads, static thread => thread.Start());
            Array.ForEach(threads, static thread => thread.Join());
            least = Math.Min(least, (long)Stats.Mem - before);
        }

        Assert.InRange(least, long.MinValue, 2 << 20);
    }

    [Fact]
    public void Decode_AfterOneWasDisposed_AllocatesNoPixels()
    {
        var bytes = TestImages.Rgb(640, 480).PngsaveBuffer();
        var least = long.MaxValue;
        for (var i = 0; i < 10; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Decode(bytes).Dispose();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.InRange(least, 0, 16 << 10);
    }

    [Fact]
    public void Dispose_Twice_GivesTheMemoryBackOnce()
    {
        var image = Decode(TestImages.Rgb(Width, Height).PngsaveBuffer());
        image.Dispose();
        image.Dispose();

        Assert.Equal(0, image.Pixels.Length);
        using var one = Decode(TestImages.Rgb(Width, Height).PngsaveBuffer());
        using var other = Decode(TestImages.Rgb(Width, Height).PngsaveBuffer());
        Assert.False(one.Pixels.Span.Overlaps(other.Pixels.Span));
    }

    [Fact]
    public void Decode_Cancelled_Throws() => Assert.Throws<OperationCanceledException>(
        () => ImageDecoder.Decode(TestImages.Gif(1), new ImageLimits(), new CancellationToken(true)));

    private static DecodedImage Decode(byte[] bytes) => ImageDecoder.Decode(bytes, new ImageLimits(), TestContext.Current.CancellationToken);

    private static byte[] Pixel(DecodedImage image, int x, int y) => image.Pixels.Slice(((y * image.Width) + x) * 3, 3).ToArray();

    private static byte[] Corner(DecodedImage image, (int X, int Y) corner) => Pixel(image, corner.X * (image.Width - 1), corner.Y * (image.Height - 1));

    private static void AssertNear(byte[] expected, byte[] actual, int tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.InRange(pair.Second, pair.First - tolerance, pair.First + tolerance));
    }
}
