using EcoM2F.Recipe.Scoring;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Scoring;

public sealed class SemanticFilesTests
{
    [Fact]
    public void Score_ReferenceFiles_EqualsNumpy()
    {
        var scored = SemanticFiles.Score(MetricFixtures.Path("semantic", "gt"), MetricFixtures.Path("semantic", "pred"), cancellationToken: TestContext.Current.CancellationToken);
        var expected = MetricFixtures.Json("semantic", "expected.json");
        MetricFixtures.Equal(expected["miou"]!, scored.Miou, "miou");
        MetricFixtures.Equal(expected["pixel_accuracy"]!, scored.PixelAccuracy, "pixel accuracy");
        Assert.Equal(expected["iou"]!.AsArray().Count, scored.Iou.Count);
        Assert.All(scored.Iou, (iou, i) => MetricFixtures.Equal(expected["iou"]![i]!, iou, $"class {i}"));
    }

    [Fact]
    public void Score_OneFile_IgnoresVoidAndCountsWrongLabels()
    {
        using var folder = new TemporaryFolder();
        TestPng.WriteLabels(folder["gt.png"], 4, 1, [0, 0, 2, 255]);
        TestPng.WriteLabels(folder["pred.png"], 4, 1, [0, 255, 2, 1]);
        var scored = SemanticFiles.Score(folder["gt.png"], folder["pred.png"], cancellationToken: TestContext.Current.CancellationToken);

        // Class 1 stands only on a void pixel: it does not occur. A predicted 255 is a wrong answer.
        Assert.Equal([0.5, double.NaN, 1], scored.Iou);
        Assert.Equal(0.75, scored.Miou);
        Assert.Equal(2 / 3.0, scored.PixelAccuracy);
    }

    [Fact]
    public void Score_MissingPrediction_NamesIt()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["gt"]);
        Directory.CreateDirectory(folder["pred"]);
        TestPng.WriteLabels(folder["gt/a.png"], 1, 1, [0]);
        var exception = Assert.Throws<RecipeException>(() => SemanticFiles.Score(folder["gt"], folder["pred"], cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("lacks 1 of 1", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Score_HiddenFiles_AreSkipped()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["gt"]);
        TestPng.WriteLabels(folder["gt/a.png"], 1, 1, [0]);
        File.WriteAllBytes(folder["gt/._a.png"], [0, 5, 0x16, 7]);
        Assert.Equal(1, SemanticFiles.Score(folder["gt"], folder["gt"], cancellationToken: TestContext.Current.CancellationToken).Miou);
    }

    [Fact]
    public void Score_OtherSize_NamesBothFiles()
    {
        using var folder = new TemporaryFolder();
        TestPng.WriteLabels(folder["gt.png"], 2, 1, [0, 0]);
        TestPng.WriteLabels(folder["pred.png"], 1, 2, [0, 0]);
        var exception = Assert.Throws<RecipeException>(() => SemanticFiles.Score(folder["gt.png"], folder["pred.png"], cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("pred.png has 1 x 2", exception.Message, StringComparison.Ordinal);
        Assert.Contains("gt.png has 2 x 1.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Score_ColouredMap_IsRefused()
    {
        using var folder = new TemporaryFolder();
        TestPng.WriteIds(folder["gt.png"], 1, 1, [0]);
        var exception = Assert.Throws<RecipeException>(() => SemanticFiles.Score(folder["gt.png"], folder["gt.png"], cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("one channel", exception.Message, StringComparison.Ordinal);
    }
}
