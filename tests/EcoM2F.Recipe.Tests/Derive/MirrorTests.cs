using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Recipe.Tests.Derive;

public sealed class MirrorTests(TinySet tiny) : IDisposable
{
    private const int Width = 96;
    private const int Height = 64;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_ImageThatIsItsOwnMirrorImage_GivesItsMasksMirrored()
    {
        TestPng.WriteIds(_folder["symmetric.png"], Width, Height, [.. Enumerable.Range(0, Width * Height).Select(static i => Colour(Math.Min(i % Width, Width - 1 - (i % Width)), i / Width))]);
        var (plain, mirrored) = (await SegmentAsync(mirrored: false), await SegmentAsync(mirrored: true));
        Assert.NotEmpty(plain.Segments);
        Assert.Equal(plain.Segments.Select(static segment => segment.CategoryId), mirrored.Segments.Select(static segment => segment.CategoryId));
        var equal = Enumerable.Range(0, Width * Height).Count(i => plain.Ids[i] == mirrored.Ids[i - (i % Width) + Width - 1 - (i % Width)]);
        Assert.InRange(equal, Width * Height * 0.999, Width * Height);

        // The tiny model sees no symmetry, so this says something.
        Assert.NotEqual(plain.Ids, mirrored.Ids);
    }

    private async Task<PanopticSegmentation> SegmentAsync(bool mirrored)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var prepared = tiny.Engine.Prepare(await File.ReadAllBytesAsync(_folder["symmetric.png"], cancellationToken), mirrored, cancellationToken);
        using var run = await tiny.Engine.RunAsync(prepared, gates: false, similarities: false, cancellationToken);
        return tiny.Engine.ToResult(run, 2, SegmentationTasks.Panoptic, cancellationToken).Panoptic!;
    }

    private static int Colour(int x, int y) => (x * 5) + (((y * 4) & 0xff) << 8) + ((((x * y) + 40) & 0xff) << 16);
}
