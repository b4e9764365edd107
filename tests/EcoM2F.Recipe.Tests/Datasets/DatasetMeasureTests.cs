using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Results;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Datasets;

/// <summary>What derives and evaluates: results of the engine against a set, without knowing its task.</summary>
public sealed class DatasetMeasureTests
{
    private static readonly ModelManifest Model = ModelFolder.Open(RepositoryPaths.DefaultModel).Manifest;

    [Fact]
    public void Measure_PanopticTruthAsResult_IsPerfect()
    {
        using var files = new SmallSet();
        var set = files.Open(SmallSet.Panoptic);
        Assert.Equal(SegmentationTasks.Panoptic, set.Needs);
        var perfect = set.Measure(set.Images[0], Result() with { Panoptic = Panoptic([1, 1, 2, 2, 1, 1, 0, 2, 2, 2, 0, 0], (1, 0), (2, 1)) });
        Assert.Equal(1, set.ImageQuality(perfect));

        // A crowd is not to be found, and nothing was predicted: the second image has no value of its own and adds nothing.
        var nothing = set.Measure(set.Images[1], Result() with { Panoptic = Panoptic(new int[12]) });
        Assert.True(double.IsNaN(set.ImageQuality(nothing)));
        Assert.Equal(1, set.Combine([perfect, nothing]).Quality([]));
        Assert.Equal([1, 1, double.NaN], set.Combine([perfect, nothing]).PerClass());
    }

    [Fact]
    public void Measure_InstanceTruthAsResult_IsPerfect()
    {
        using var files = new SmallSet();
        var set = files.Open(SmallSet.Instance);
        Assert.Equal(SegmentationTasks.Instance, set.Needs);
        var mask = CocoRle.FromCounts([0, 2, 1, 2, 7], 3, 4);
        var counts = set.Measure(set.Images[0], Result() with { Instances = [new InstanceSegment(0, 0.9f, 4, new BoundingBox(0, 0, 2, 2), mask)] });
        Assert.Equal(1, set.ImageQuality(counts), MetricFixtures.Tolerance);
        var empty = set.Measure(set.Images[1], Result() with { Instances = [] });
        Assert.Equal(1, set.Combine([counts, empty]).Quality([]), MetricFixtures.Tolerance);
    }

    [Fact]
    public void Measure_SemanticTruthAsResult_IsPerfect()
    {
        using var files = new SmallSet();
        var set = files.Open(SmallSet.Semantic);
        Assert.Equal(SegmentationTasks.Semantic, set.Needs);
        var counts = set.Measure(set.Images[0], Result() with { Semantic = new SemanticSegmentation(4, 3, [0, 0, 1, 1, 0, 0, 2, 1, 2, 2, 2, 2], []) });
        Assert.Equal(1, set.ImageQuality(counts));
        Assert.Equal([1, 1, 1], set.Combine([counts]).PerClass());
    }

    [Fact]
    public void Measure_ResultOfOtherSize_IsAnError()
    {
        using var files = new SmallSet();
        var panoptic = files.Open(SmallSet.Panoptic);
        Assert.Throws<RecipeException>(() => panoptic.Measure(panoptic.Images[0], Result() with { Panoptic = new PanopticSegmentation(3, 4, new int[12], []) }));
        var instance = files.Open(SmallSet.Instance);
        Assert.Throws<RecipeException>(() => instance.Measure(instance.Images[0], Result() with { Width = 3, Instances = [] }));
    }

    [Fact]
    public void Measure_ResultOfOtherTask_IsRefused()
    {
        using var files = new SmallSet();
        foreach (var dataset in (string[])[SmallSet.Panoptic, SmallSet.Instance, SmallSet.Semantic])
        {
            var set = files.Open(dataset);
            Assert.Throws<ArgumentException>(() => set.Measure(set.Images[0], Result()));
        }
    }

    private static PanopticSegmentation Panoptic(int[] ids, params (int Id, int ClassId)[] segments) => new(4, 3, ids, [.. segments.Select(item =>
        new Segment(item.Id, item.ClassId, 1, ids.Count(id => id == item.Id), default, CocoRle.FromMask([.. ids.Select(id => (byte)(id == item.Id ? 1 : 0))], 3, 4)))]);

    private static SegmentationResult Result() => new()
    {
        Model = Model,
        Width = 4,
        Height = 3,
        Compute = new ComputeUsed(new ComputeDecision(new ComputePoint(32, new InputSize(32, 32), 1), ComputeReason.Forced), 6, 1, 1, new StageTimes()),
    };
}
