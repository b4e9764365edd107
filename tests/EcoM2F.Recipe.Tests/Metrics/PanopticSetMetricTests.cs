using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Tests.Metrics;

public sealed class PanopticSetMetricTests
{
    private static readonly PanopticCounts[] Images =
        [.. Enumerable.Range(0, 40).Select(static seed => RandomImages.Panoptic(seed)).Select(static pair => PanopticMatcher.Count(pair.Truth, pair.Prediction))];

    [Fact]
    public void Quality_OnceEach_EqualsTheSum() =>
        Assert.Equal(PanopticScore.Of(PanopticCounts.Sum(Images), RandomImages.IsThing).All.Pq, Create(Images).Quality([]), MetricFixtures.Tolerance);

    [Fact]
    public void Quality_Weights_EqualsRepeatedImages()
    {
        var random = new Random(1);
        var weights = Images.Select(_ => random.Next(4)).ToArray();
        PanopticCounts[] repeated = [.. Images.SelectMany((image, i) => Enumerable.Repeat(image, weights[i]))];
        Assert.Equal(Create(repeated).Quality([]), Create(Images).Quality(weights), MetricFixtures.Tolerance);
    }

    [Fact]
    public void Quality_OtherOrder_IsTheSame() =>
        Assert.Equal(Create(Images).Quality([]), Create([.. Images.Reverse()]).Quality([]), MetricFixtures.Tolerance);

    [Fact]
    public void Quality_NoImageDrawn_HasNoValue() => Assert.True(double.IsNaN(Create(Images).Quality(new int[Images.Length])));

    [Fact]
    public void Add_HalvesOfASet_EqualsTheWhole()
    {
        var halves = PanopticCounts.Sum(Images[..17]).Add(PanopticCounts.Sum(Images[17..]));
        var whole = PanopticCounts.Sum(Images);
        Assert.All(halves.Classes, (item, i) => Assert.Equal(whole.Classes[i] with { Iou = item.Iou }, item));
        Assert.All(halves.Classes, (item, i) => Assert.Equal(whole.Classes[i].Iou, item.Iou, MetricFixtures.Tolerance));
    }

    [Fact]
    public void PerClass_ClassOnlyAsFalsePositive_CountsAsZero()
    {
        var sut = Create([new PanopticCounts([new ClassCounts(0, 0.8, 1, 0, 0), new ClassCounts(2, 0, 0, 1, 0)])]);
        Assert.Equal([0.8, double.NaN, 0, double.NaN], sut.PerClass());
        Assert.Equal(0.4, sut.Quality([]));
    }

    private static PanopticSetMetric Create(PanopticCounts[] images) => new(images, RandomImages.IsThing);
}
