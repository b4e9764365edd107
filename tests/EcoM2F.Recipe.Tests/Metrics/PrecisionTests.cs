using EcoM2F.Inference.Postprocessing;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Tests.Metrics;

public sealed class PrecisionTests
{
    [Theory]
    [InlineData(nameof(OverlapKind.Mask))]
    [InlineData(nameof(OverlapKind.Box))]
    public void Score_RandomImages_EqualsTheDefinition(string overlap)
    {
        var kind = Enum.Parse<OverlapKind>(overlap);
        for (var set = 0; set < 12; set++)
        {
            var images = Images(set, 6);
            var expected = NaivePrecision.Score(images, kind);
            var actual = Create(images, kind).Score().Numbers;
            Assert.All(actual, (number, i) => Assert.Equal(expected[i], number, MetricFixtures.Tolerance));
        }
    }

    [Fact]
    public void Score_ItsOwnTruth_IsPerfect()
    {
        var images = Images(1, 10).Select(static image => (image.Truth, image.Truth.Where(static item => !item.IsCrowd)
            .Select(static (item, i) => new Detection(item.ClassId, 1 - (i / 100.0), item.Box, item.Area, item.Mask)).ToList())).ToList();
        Assert.Equal(1, Create(images, OverlapKind.Mask).Score().Ap, MetricFixtures.Tolerance);
        Assert.Equal(1, Create(images, OverlapKind.Box).Score().Ap, MetricFixtures.Tolerance);
    }

    [Fact]
    public void Score_NoDetections_IsZero()
    {
        var images = Images(1, 10).Select(static image => (image.Truth, new List<Detection>())).ToList();
        Assert.Equal(0, Create(images, OverlapKind.Mask).Score().Ap);
    }

    [Fact]
    public void Score_NoObjects_HasNoValue()
    {
        var images = Images(1, 10).Select(static image => (new List<TruthObject>(), image.Detections)).ToList();
        Assert.All(Create(images, OverlapKind.Mask).Score().Numbers, static number => Assert.True(double.IsNaN(number)));
    }

    [Fact]
    public void Score_MoreThanHundredDetections_TheRestDoesNotCount()
    {
        var (truth, _) = (Square(0), 0);
        var wrong = Enumerable.Range(0, 100).Select(static i => new Detection(0, 1 - (i / 1000.0), new Box(50, 50, 5, 5), 25)).ToList();
        var right = new Detection(0, 0.1, truth.Box, truth.Area);
        Assert.Equal(0, Score([.. wrong, right]));
        Assert.NotEqual(0, Score([.. wrong[1..], right]));

        double Score(List<Detection> detections) => new PrecisionSetMetric([DetectionMatcher.Match([truth], detections, OverlapKind.Box)], 1).Score().Numbers[8];
    }

    [Fact]
    public void Quality_Weights_EqualsRepeatedImages()
    {
        // Within an image no two scores are equal: of equals, copies of an image would take turns.
        var images = Images(3, 12).Select(static image => (image.Truth, image.Detections.Select(static (item, i) => item with { Score = item.Score + (i * 1e-6) }).ToList())).ToList();
        var random = new Random(5);
        var weights = images.Select(_ => random.Next(4)).ToArray();
        List<(List<TruthObject>, List<Detection>)> repeated = [.. images.SelectMany((image, i) => Enumerable.Repeat(image, weights[i]))];
        Assert.Equal(Create(repeated, OverlapKind.Mask).Quality([]), Create(images, OverlapKind.Mask).Quality(weights), MetricFixtures.Tolerance);
    }

    [Fact]
    public void Score_OtherOrder_IsTheSame()
    {
        // All scores of the set differ: equals rank in the order of images.
        var images = Images(9, 12).Select(static (image, n) => (image.Truth, image.Detections.Select((item, i) => item with { Score = item.Score + (n * 1e-4) + (i * 1e-6) }).ToList())).ToList();
        var shuffled = images.Select(static image => (image.Truth, image.Item2.AsEnumerable().Reverse().ToList())).Reverse().ToList();
        Assert.All(Create(shuffled, OverlapKind.Mask).Score().Numbers.Zip(Create(images, OverlapKind.Mask).Score().Numbers), static pair => Assert.Equal(pair.Second, pair.First, MetricFixtures.Tolerance));
    }

    [Fact]
    public void OfImage_EachImage_EqualsASetOfOne()
    {
        foreach (var image in Images(7, 20))
        {
            var expected = Create([image], OverlapKind.Mask).Quality([]);
            Assert.Equal(expected, PrecisionSetMetric.OfImage(DetectionMatcher.Match(image.Truth, image.Detections, OverlapKind.Mask)), MetricFixtures.Tolerance);
        }
    }

    [Fact]
    public void Match_ScoreThatIsNoNumber_IsRefused()
    {
        var detection = new Detection(0, double.NaN, new Box(0, 0, 1, 1), 1);
        Assert.Contains("finite numbers", Assert.Throws<RecipeException>(() => DetectionMatcher.Match([], [detection], OverlapKind.Box)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Match_MasksOfOtherSizes_AreRefused()
    {
        var truth = Square(0) with { Mask = Full(3, 4) };
        var detection = new Detection(0, 1, truth.Box, 1, Full(4, 3));
        Assert.Contains("4 x 3", Assert.Throws<RecipeException>(() => DetectionMatcher.Match([truth], [detection], OverlapKind.Mask)).Message, StringComparison.Ordinal);
    }

    private static RunMask Full(int height, int width) => RunMask.Of(CocoRle.FromCounts([0, height * width], height, width));

    private static TruthObject Square(int classId) => new(classId, new Box(0, 0, 10, 10), 100, IsCrowd: false);

    private static List<(List<TruthObject> Truth, List<Detection> Detections)> Images(int set, int count) =>
        [.. Enumerable.Range(set * 1000, count).Select(RandomImages.Objects)];

    private static PrecisionSetMetric Create(List<(List<TruthObject> Truth, List<Detection> Detections)> images, OverlapKind kind) =>
        new([.. images.Select(image => DetectionMatcher.Match(image.Truth, image.Detections, kind))], RandomImages.Classes);
}
