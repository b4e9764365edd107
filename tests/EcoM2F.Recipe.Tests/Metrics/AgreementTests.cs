using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Results;
using EcoM2F.Recipe.Metrics;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Metrics;

public sealed class AgreementTests(LoadedSet tiny)
{
    private static readonly ModelManifest Masks = TestManifest.CreateSmall();

    [Theory]
    [InlineData("PQ", "panoptic", "instance", "semantic")]
    [InlineData("mask AP", "instance")]
    [InlineData("mIoU", "semantic")]
    public void Of_AnyModel_MeasuresWhatItDoesByDefault(string metric, params string[] tasks) =>
        Assert.Equal(metric, Agreement.Of(TestManifest.CreateSmall(tasks)).Metric);

    /// <summary>A set's truths are what the model gave at a certain exit, so both ways must say the same.</summary>
    [Fact]
    public async Task Measure_PanopticResults_EqualsTheSetThatWasMadeOfThem()
    {
        var sut = Agreement.Of(tiny.Engine.Model);
        for (var i = 0; i < 3; i++)
        {
            var image = tiny.Set.Images[i];
            using var prepared = tiny.Engine.Prepare(await File.ReadAllBytesAsync(image.Path, TestContext.Current.CancellationToken), false, TestContext.Current.CancellationToken);
            using var run = await tiny.Engine.RunAsync(prepared, false, false, TestContext.Current.CancellationToken);
            var results = Enumerable.Range(0, 3).Select(exit => tiny.Engine.ToResult(run, exit, sut.Needs, CancellationToken.None)).ToList();
            var score = sut.Scorer(results[i % 3]);
            foreach (var result in results)
            {
                Assert.Equal(tiny.Set.ImageQuality(tiny.Set.Measure(image, result)), sut.OfImage(score(result)), 1e-9);
            }
        }
    }

    [Fact]
    public void Measure_Boxes_FindsThoseOfTheReferenceAboveItsThreshold()
    {
        var model = Masks with { Tasks = ["detection"], Postprocessing = new PostprocessingSettings("detr", 0.5f) };
        var sut = Agreement.Of(model);
        var reference = Boxes(model, (0, 0.9f, 10), (0, 0.4f, 50), (1, 0.2f, 10));
        var counts = sut.Measure(reference, Boxes(model, (0, 0.8f, 10), (0, 0.3f, 70)));
        Assert.Equal(1, sut.OfImage(counts), 1e-9); // the one object is found first
        Assert.Equal(1, sut.Combine([counts, counts]).Quality([]), 1e-9);
        Assert.True(double.IsNaN(sut.OfImage(sut.Measure(Boxes(model, (0, 0.4f, 10)), reference))));
    }

    [Fact]
    public void Measure_Labels_CountsSharedPixels()
    {
        var model = TestManifest.CreateSmall("semantic");
        var sut = Agreement.Of(model);
        var counts = sut.Measure(Labels(model, 0, 0, 1, 1), Labels(model, 0, 1, 1, 1));
        Assert.Equal((0.5 + (2 / 3.0)) / 2, sut.OfImage(counts), 1e-9);
        Assert.Equal(sut.OfImage(counts), sut.Combine([counts]).Quality([]), 1e-9);
    }

    [Fact]
    public void Measure_OtherSizeOrTask_IsRefused()
    {
        var model = Masks with { Tasks = ["detection"], Postprocessing = new PostprocessingSettings("detr", 0.5f) };
        var boxes = Boxes(model, (0, 0.9f, 10));
        Assert.Contains("100 x 80", Assert.Throws<RecipeException>(() => Agreement.Of(model).Measure(boxes, boxes with { Height = 90 })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Agreement.Of(Masks).Measure(boxes, boxes));
    }

    private static SegmentationResult Boxes(ModelManifest model, params (int Class, float Score, double Left)[] found) => Empty(model, 100, 80) with
    {
        Detections = [.. found.Select(static item => new DetectedObject(item.Class, item.Score, new ObjectBox(item.Left, 10, 20, 30)))],
    };

    private static SegmentationResult Labels(ModelManifest model, params int[] labels) => Empty(model, labels.Length, 1) with
    {
        Semantic = new SemanticSegmentation(labels.Length, 1, labels, []),
    };

    private static SegmentationResult Empty(ModelManifest model, int width, int height) => new()
    {
        Model = model,
        Width = width,
        Height = height,
        Compute = new ComputeUsed(new ComputeDecision(new ComputePoint(32, new InputSize(32, 32), 1), ComputeReason.Forced), 3, 1, 1, new StageTimes()),
    };
}
