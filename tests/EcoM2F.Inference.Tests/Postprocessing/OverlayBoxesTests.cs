using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Results;
using EcoM2F.Inference.Tests.Imaging;

namespace EcoM2F.Inference.Tests.Postprocessing;

public sealed class OverlayBoxesTests
{
    private const int Width = 240;
    private const int Height = 180;

    private static readonly SegmentationResult Photo = TestResults.Create(Width, Height, TestImages.Gradient(Width, Height));

    [Fact]
    public void Render_OneBox_FramesItAndLeavesTheRest()
    {
        var overlay = Render(new ObjectBox(40, 60, 100, 80));

        Assert.Equal(TestImages.Gradient(Width, Height), Photo.Pixels.ToArray());
        Assert.All([(90, 139), (139, 100), (40, 120), (41, 138), (138, 139)], place => Assert.Equal((0xdc, 0x14, 0x3c), Pixel(overlay, place)));
        Assert.All([(90, 100), (90, 141), (141, 100), (39, 120), (5, 5), (90, 136)], place => Assert.Equal(Pixel(Photo.Pixels.Span, place), Pixel(overlay, place)));
    }

    [Theory]
    [InlineData(0, 0, Width, Height)]
    [InlineData(239.5, 179.5, 0.5, 0.5)]
    [InlineData(240, 180, 0, 0)]
    [InlineData(100, 0, 1, 180)]
    [InlineData(0, 90, 240, 0)]
    public void Render_BoxAtTheEdge_StaysInside(double x, double y, double width, double height) =>
        Assert.Equal(Width * Height * 3, Render(new ObjectBox(x, y, width, height)).Length);

    [Fact]
    public void Render_SecondOfAClass_HasAnotherShade()
    {
        var overlay = Render(new ObjectBox(10, 40, 50, 100), new ObjectBox(150, 40, 50, 100));

        Assert.Equal((0xdc, 0x14, 0x3c), Pixel(overlay, (35, 139)));
        Assert.NotEqual((0xdc, 0x14, 0x3c), Pixel(overlay, (175, 139)));
        Assert.NotEqual(Pixel(Photo.Pixels.Span, (175, 139)), Pixel(overlay, (175, 139)));
    }

    [Fact]
    public void Render_CrossingBoxes_TheMoreCertainLiesAbove()
    {
        var overlay = Render(new ObjectBox(20, 20, 100, 140), new ObjectBox(60, 120, 140, 50));

        Assert.Equal((0xdc, 0x14, 0x3c), Pixel(overlay, (60, 158)));
    }

    [Fact]
    public void Render_NothingFound_IsThePhoto() => Assert.Equal(Photo.Pixels.ToArray(), Overlay.Render(Photo with { Detections = [] }));

    [Fact]
    public void Encode_Boxes_IsAPicture() =>
        Assert.NotEmpty(Overlay.Encode(Photo with { Detections = [new DetectedObject(0, 0.9f, new ObjectBox(40, 60, 100, 80))] }, OverlayFormat.WebP));

    private static byte[] Render(params ObjectBox[] boxes) =>
        Overlay.Render(Photo with { Detections = [.. boxes.Select(static (box, i) => new DetectedObject(0, 0.9f - (0.1f * i), box))] });

    private static (int, int, int) Pixel(ReadOnlySpan<byte> pixels, (int X, int Y) place)
    {
        var at = ((place.Y * Width) + place.X) * 3;
        return (pixels[at], pixels[at + 1], pixels[at + 2]);
    }
}
