using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Tests.Metrics;

public sealed class PanopticMatcherTests
{
    [Fact]
    public void Count_RandomImages_EqualsPixelSets()
    {
        for (var seed = 0; seed < 150; seed++)
        {
            var (truth, prediction) = RandomImages.Panoptic(seed);
            var counts = PanopticMatcher.Count(truth, prediction).Classes.ToDictionary(static item => item.ClassId);
            for (var id = 0; id < RandomImages.Classes; id++)
            {
                var expected = NaivePanoptic.Count(truth, prediction, id);
                var actual = counts.GetValueOrDefault(id);
                Assert.Equal((expected.Tp, expected.Fp, expected.Fn), (actual.TruePositives, actual.FalsePositives, actual.FalseNegatives));
                Assert.Equal(expected.Iou, actual.Iou, MetricFixtures.Tolerance);
            }
        }
    }

    [Fact]
    public void Count_ItsOwnTruth_IsPerfect()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var (truth, _) = RandomImages.Panoptic(seed);
            var objects = truth.Segments.Where(static segment => !segment.IsCrowd).ToList();
            var counts = PanopticMatcher.Count(truth, truth with { Ids = [.. truth.Ids.Select(id => objects.Any(segment => segment.Id == id) ? id : 0)], Segments = objects });
            Assert.All(counts.Classes, static item => Assert.Equal((0, 0, item.TruePositives), (item.FalsePositives, item.FalseNegatives, (int)item.Iou)));
            Assert.Equal(objects.Count, counts.Classes.Sum(static item => item.TruePositives));
        }
    }

    [Fact]
    public void Count_EmptyPrediction_MissesEverythingAndIsZero()
    {
        var (truth, prediction) = RandomImages.Panoptic(4);
        var counts = PanopticMatcher.Count(truth, prediction with { Ids = new int[truth.Ids.Length], Segments = [] });
        Assert.NotEmpty(counts.Classes);
        Assert.Equal(truth.Segments.Count(static segment => !segment.IsCrowd), counts.Classes.Sum(static item => item.FalseNegatives));
        Assert.Equal(0, PanopticScore.Of(counts, RandomImages.IsThing).All.Pq);
    }

    [Fact]
    public void Count_NothingAnywhere_HasNoValue()
    {
        var empty = new PanopticMap("empty", 2, 1, [0, 0], []);
        var score = PanopticScore.Of(PanopticMatcher.Count(empty, empty), RandomImages.IsThing);
        Assert.Equal((0, double.NaN), (score.All.Classes, score.All.Pq));
    }

    [Fact]
    public void Count_OtherIdsAndOrder_ChangesNothing()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var (truth, prediction) = RandomImages.Panoptic(seed);
            var renamed = prediction with
            {
                Ids = [.. prediction.Ids.Select(static id => id == 0 ? 0 : 20_000 - id)],
                Segments = [.. prediction.Segments.Select(static segment => segment with { Id = 20_000 - segment.Id }).Reverse()],
            };
            var (expected, actual) = (PanopticMatcher.Count(truth, prediction), PanopticMatcher.Count(truth, renamed));
            Assert.Equal(expected.Classes.Count, actual.Classes.Count);
            Assert.All(actual.Classes, (item, i) => Assert.Equal(expected.Classes[i] with { Iou = item.Iou }, item));
            Assert.All(actual.Classes, (item, i) => Assert.Equal(expected.Classes[i].Iou, item.Iou, MetricFixtures.Tolerance));
        }
    }

    [Theory]
    [InlineData(1, 2, false)] // half of the prediction lies on void: still wrong
    [InlineData(2, 1, true)]
    public void Count_PredictionMostlyOnVoid_IsNotHeldAgainstTheModel(int onVoid, int rest, bool excused)
    {
        rest = onVoid > rest ? rest : onVoid;
        int[] truth = [.. Enumerable.Repeat(0, onVoid), .. Enumerable.Repeat(5, rest + 10)];
        int[] prediction = [.. Enumerable.Repeat(9, onVoid + rest), .. Enumerable.Repeat(0, 10)];
        var counts = PanopticMatcher.Count(
            new PanopticMap("t", truth.Length, 1, truth, [new PanopticSegment(5, 0, rest + 10)]),
            new PanopticMap("p", truth.Length, 1, prediction, [new PanopticSegment(9, 1, 0)]));
        Assert.Equal(excused ? 0 : 1, counts.Classes.Sum(static item => item.FalsePositives));
    }

    [Fact]
    public void Count_OtherSize_NamesBoth()
    {
        var map = new PanopticMap("one.png", 2, 1, [0, 0], []);
        var exception = Assert.Throws<RecipeException>(() => PanopticMatcher.Count(map, new PanopticMap("two.png", 1, 2, [0, 0], [])));
        Assert.All((string[])["two.png has 1 x 2", "one.png has 2 x 1"], fragment => Assert.Contains(fragment, exception.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("m: |two segments|id 3", 3, 3)]
    [InlineData("m: |segment 4|no pixels", 3, 4)]
    [InlineData("m: |1 pixels|id 3")]
    [InlineData("m: |id 0|1 to 16777215", 3, 0)]
    public void Count_ListThatDisagreesWithPixels_NamesTheSegment(string fragments, params int[] ids)
    {
        var empty = new PanopticMap("e", 2, 1, [0, 0], []);
        var map = new PanopticMap("m", 2, 1, [3, 0], [.. ids.Select(static id => new PanopticSegment(id, 0, 1))]);
        var asTruth = Assert.Throws<RecipeException>(() => PanopticMatcher.Count(map, empty)).Message;
        var asPrediction = Assert.Throws<RecipeException>(() => PanopticMatcher.Count(empty, map)).Message;
        Assert.All(fragments.Split('|'), fragment => Assert.Contains(fragment, asTruth, StringComparison.Ordinal));
        Assert.Equal(asTruth, asPrediction);
    }
}
