using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Results;
using EcoM2F.Inference.Tests.Imaging;

namespace EcoM2F.Inference.Tests.Postprocessing;

public sealed class OverlayTests
{
    private const int Width = 240;
    private const int Height = 180;

    private static readonly SegmentationResult Photo = TestResults.Create(Width, Height, TestImages.Gradient(Width, Height));

    public static TheoryData<string> Contents => ["panoptic", "semantic", "instances"];

    [Theory]
    [MemberData(nameof(Contents))]
    public void Render_EachKind_ColoursSegmentsAndLeavesInput(string content)
    {
        var sut = With(content);

        var overlay = Overlay.Render(sut);

        Assert.Equal(TestImages.Gradient(Width, Height), sut.Pixels.ToArray());
        Assert.Equal(Width * Height * 3, overlay.Length);
        Assert.Equal(Blend(sut.Pixels.Span, 60, 85, (0xdc, 0x14, 0x3c)), Pixel(overlay, 60, 85)); // at the edge of the first disc, off its label
    }

    [Fact]
    public void Render_Nothing_IsThePhoto() => Assert.Equal(Photo.Pixels.ToArray(), Overlay.Render(Photo));

    [Fact]
    public void Render_SecondThingOfAClass_HasAnotherShade()
    {
        var overlay = Overlay.Render(With("panoptic"));

        Assert.NotEqual(Blend(Photo.Pixels.Span, 165, 80, (0xdc, 0x14, 0x3c)), Pixel(overlay, 165, 80));
    }

    [Theory]
    [InlineData(OverlayFormat.WebP, ImageFormat.WebP)]
    [InlineData(OverlayFormat.Jpeg, ImageFormat.Jpeg)]
    public void Encode_Format_Decodes(OverlayFormat format, ImageFormat expected)
    {
        var bytes = Overlay.Encode(With("panoptic"), format);

        Assert.Equal(expected, ImageSignature.Detect(bytes));
        var image = ImageDecoder.Decode(bytes, new ImageLimits(), TestContext.Current.CancellationToken);
        Assert.Equal((Width, Height), (image.Width, image.Height));
    }

    [Fact]
    public void Encode_TooLargeForWebP_Throws()
    {
        var result = TestResults.Create(16_384, 1, new byte[16_384 * 3]);

        var error = Assert.Throws<SegmentationException>(() => Overlay.Encode(result, OverlayFormat.WebP));
        Assert.Equal(SegmentationError.UnsupportedOutput, error.Error);
    }

    [Fact]
    public void Png_Panoptic_HoldsIds()
    {
        var panoptic = TestResults.Panoptic(Width, Height);

        Assert.Equal(panoptic.Ids, Ids(PanopticPng.Encode(panoptic)));
    }

    [Fact]
    public void Png_LargeIds_UseAllChannels()
    {
        var panoptic = new PanopticSegmentation(3, 1, [0x010203, 300, 0], []);

        Assert.Equal(panoptic.Ids, Ids(PanopticPng.Encode(panoptic)));
    }

    [Fact]
    public void Png_Semantic_HoldsSegmentIds()
    {
        var semantic = With("semantic").Semantic!;
        var idOf = semantic.Segments.ToDictionary(s => s.CategoryId, s => s.Id);

        Assert.Equal(semantic.Labels.Select(label => label < 0 ? 0 : idOf[label]), Ids(PanopticPng.Encode(semantic)));
    }

    private static SegmentationResult With(string content)
    {
        var panoptic = TestResults.Panoptic(Width, Height);
        return content switch
        {
            "panoptic" => Photo with { Panoptic = panoptic },
            "instances" => Photo with
            {
                Instances = [.. panoptic.Segments.Take(2).Select(s => new InstanceSegment(s.CategoryId, s.Score, s.Area, s.Box, s.Mask))],
            },
            _ => Photo with
            {
                Semantic = new SemanticSegmentation(
                    Width,
                    Height,
                    Array.ConvertAll(panoptic.Ids, id => id switch { 0 => -1, 1 => 0, 3 => 1, _ => 2 }),
                    [.. panoptic.Segments.Where(s => s.Id != 2).Select((s, i) => s with { Id = i + 1 })]),
            },
        };
    }

    private static int[] Ids(byte[] png)
    {
        var image = ImageDecoder.Decode(png, new ImageLimits(), TestContext.Current.CancellationToken);
        return [.. Enumerable.Range(0, image.Width * image.Height).Select(i => image.Pixels.Span[i * 3] + (image.Pixels.Span[(i * 3) + 1] << 8) + (image.Pixels.Span[(i * 3) + 2] << 16))];
    }

    private static byte[] Pixel(ReadOnlySpan<byte> pixels, int x, int y) => pixels.Slice(((y * Width) + x) * 3, 3).ToArray();

    private static byte[] Blend(ReadOnlySpan<byte> photo, int x, int y, (int Red, int Green, int Blue) color)
    {
        var pixel = Pixel(photo, x, y);
        return [(byte)((pixel[0] + color.Red) / 2), (byte)((pixel[1] + color.Green) / 2), (byte)((pixel[2] + color.Blue) / 2)];
    }
}
