using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Results;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Derive;

public sealed class MirrorTests(LoadedSet tiny) : IDisposable
{
    private const int Width = 96;
    private const int Height = 64;

    /// <summary>The picture is resized in both directions in turn, whose sums differ in the last bits.</summary>
    private const double PixelTolerance = 0.01;
    private const float ScoreTolerance = 1e-4f;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_ImageThatIsItsOwnMirrorImage_GivesItsMasksMirrored()
    {
        TestPng.WriteIds(_folder["symmetric.png"], Width, Height, [.. Enumerable.Range(0, Width * Height).Select(static i => Colour(Math.Min(i % Width, Width - 1 - (i % Width)), i / Width))]);
        var (plain, mirrored) = (await SegmentAsync(mirrored: false), await SegmentAsync(mirrored: true));
        Assert.NotEmpty(plain.Segments);
        Assert.Equal(plain.Segments.Select(static segment => segment.CategoryId), mirrored.Segments.Select(static segment => segment.CategoryId));
        var equal = Enumerable.Range(0, Width * Height).Count(i => plain.Ids[i] == mirrored.Ids[Opposite(i)]);
        Assert.InRange(equal, Width * Height * 0.999, Width * Height);

        // The tiny model sees no symmetry, so this says something.
        Assert.NotEqual(plain.Ids, mirrored.Ids);
    }

    [Fact]
    public async Task Run_MirrorImageMirrored_GivesTheMasksOfTheImageMirrored()
    {
        WritePair();
        var plain = (await SegmentAsync(tiny.Engine, "plain.png", mirrored: false, SegmentationTasks.Panoptic)).Panoptic!;
        var back = (await SegmentAsync(tiny.Engine, "mirror.png", mirrored: true, SegmentationTasks.Panoptic)).Panoptic!;
        Assert.NotEmpty(plain.Segments);
        Assert.Equal(plain.Segments.Select(static segment => segment.CategoryId), back.Segments.Select(static segment => segment.CategoryId));

        // The model saw the same picture both times; what it gave the second time is of the mirror image.
        Assert.InRange(Enumerable.Range(0, Width * Height).Count(i => plain.Ids[i] == back.Ids[Opposite(i)]), Width * Height * 0.999, Width * Height);
        Assert.NotEqual(plain.Ids, back.Ids);
    }

    [Theory]
    [InlineData(DetectorCheckpoint.Detr)]
    [InlineData(DetectorCheckpoint.DeformableDetr)]
    public async Task Run_MirrorImageMirrored_GivesTheBoxesOfTheImageMirrored(string fixture)
    {
        TinyDetector.CompileTo(_folder["detector"], fixture);
        using var engine = ExitsEngine.Open(_folder["detector"], "cpu", TestContext.Current.CancellationToken);
        WritePair();
        var plain = (await SegmentAsync(engine, "plain.png", mirrored: false, SegmentationTasks.Detection)).Detections!;
        var back = (await SegmentAsync(engine, "mirror.png", mirrored: true, SegmentationTasks.Detection)).Detections!;
        var other = (await SegmentAsync(engine, "mirror.png", mirrored: false, SegmentationTasks.Detection)).Detections!;
        Assert.NotEmpty(plain);
        Assert.Equal(plain.Count, back.Count);
        Assert.All(plain, (expected, i) =>
        {
            var actual = back[i];
            Assert.Equal(expected.CategoryId, actual.CategoryId);
            Assert.Equal(expected.Score, actual.Score, ScoreTolerance);
            Assert.Equal(Width - expected.Box.X - expected.Box.Width, actual.Box.X, PixelTolerance);
            Assert.Equal(expected.Box.Y, actual.Box.Y, PixelTolerance);
            Assert.Equal(expected.Box.Width, actual.Box.Width, PixelTolerance);
            Assert.Equal(expected.Box.Height, actual.Box.Height, PixelTolerance);
        });
        Assert.Contains(other.Zip(back), static pair => Math.Abs(pair.First.Score - pair.Second.Score) > ScoreTolerance || Math.Abs(pair.First.Box.X - pair.Second.Box.X) > PixelTolerance);
    }

    private static int Opposite(int i) => i - (i % Width) + Width - 1 - (i % Width);

    private static int Colour(int x, int y) => (x * 5 & 0xff) + (((y * 4) & 0xff) << 8) + ((((x * y) + 40) & 0xff) << 16);

    /// <summary>A picture, and the same with left and right exchanged.</summary>
    private void WritePair()
    {
        TestPng.WriteIds(_folder["plain.png"], Width, Height, [.. Enumerable.Range(0, Width * Height).Select(static i => Colour(i % Width, i / Width))]);
        TestPng.WriteIds(_folder["mirror.png"], Width, Height, [.. Enumerable.Range(0, Width * Height).Select(static i => Colour(Width - 1 - (i % Width), i / Width))]);
    }

    private async Task<PanopticSegmentation> SegmentAsync(bool mirrored) =>
        (await SegmentAsync(tiny.Engine, "symmetric.png", mirrored, SegmentationTasks.Panoptic)).Panoptic!;

    private async Task<SegmentationResult> SegmentAsync(ExitsEngine engine, string name, bool mirrored, SegmentationTasks tasks)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var prepared = engine.Prepare(await File.ReadAllBytesAsync(_folder[name], cancellationToken), mirrored, cancellationToken);
        using var run = await engine.RunAsync(prepared, gates: false, similarities: false, cancellationToken);
        return engine.ToResult(run, 2, tasks, cancellationToken);
    }
}
