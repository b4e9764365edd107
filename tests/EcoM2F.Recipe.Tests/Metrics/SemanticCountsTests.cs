using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Tests.Metrics;

public sealed class SemanticCountsTests
{
    private const int Classes = 5;

    [Fact]
    public void Score_RandomMaps_EqualsPixelSets()
    {
        var maps = Maps(8);
        var score = new SemanticSetMetric(Count(maps), Classes).Score();
        var pixels = maps.SelectMany(static map => map.Truth.Labels.Zip(map.Prediction.Labels)).Where(static pair => pair.First != LabelMap.Ignore).ToList();
        for (var id = 0; id < Classes; id++)
        {
            var union = pixels.Count(pair => pair.First == id || pair.Second == id);
            Assert.Equal(union == 0 ? double.NaN : (double)pixels.Count(pair => pair == (id, id)) / union, score.Iou[id], MetricFixtures.Tolerance);
        }

        Assert.Equal((double)pixels.Count(static pair => pair.First == pair.Second) / pixels.Count, score.PixelAccuracy, MetricFixtures.Tolerance);
        Assert.Equal(score.Iou.Where(static iou => !double.IsNaN(iou)).Average(), score.Miou, MetricFixtures.Tolerance);
    }

    [Fact]
    public void Quality_Weights_EqualsRepeatedImages()
    {
        var images = Count(Maps(6));
        int[] weights = [0, 3, 1, 0, 2, 1];
        List<SemanticCounts> repeated = [.. images.SelectMany((image, i) => Enumerable.Repeat(image, weights[i]))];
        Assert.Equal(new SemanticSetMetric(repeated, Classes).Quality([]), new SemanticSetMetric(images, Classes).Quality(weights), MetricFixtures.Tolerance);
    }

    [Fact]
    public void Count_TruthAgainstItself_IsPerfect() =>
        Assert.All(Maps(5), static map => Assert.Equal(1, new SemanticSetMetric([SemanticCounts.Count(map.Truth, map.Truth, Classes)], Classes).Quality([])));

    [Fact]
    public void Count_OnlyVoid_HasNoValue()
    {
        var map = new LabelMap("void", 1, 1, [LabelMap.Ignore]);
        var score = new SemanticSetMetric([SemanticCounts.Count(map, map, Classes)], Classes).Score();
        Assert.Equal((double.NaN, double.NaN), (score.Miou, score.PixelAccuracy));
    }

    [Fact]
    public void Count_TrueLabelBeyondTheClasses_IsNamed()
    {
        var map = new LabelMap("a.png", 1, 1, [7]);
        var exception = Assert.Throws<RecipeException>(() => SemanticCounts.Count(map, map, Classes));
        Assert.All((string[])["a.png", "label 7", "0 to 4", "255"], fragment => Assert.Contains(fragment, exception.Message, StringComparison.Ordinal));
    }

    private static List<SemanticCounts> Count(List<(LabelMap Truth, LabelMap Prediction)> maps) =>
        [.. maps.Select(static map => SemanticCounts.Count(map.Truth, map.Prediction, Classes))];

    private static List<(LabelMap Truth, LabelMap Prediction)> Maps(int count)
    {
        var random = new Random(11);
        return [.. Enumerable.Range(0, count).Select(_ => (Map(withVoid: true), Map(withVoid: false)))];

        LabelMap Map(bool withVoid) =>
            new("map", 9, 7, [.. Enumerable.Range(0, 63).Select(_ => random.Next(6) == 0 ? (withVoid ? LabelMap.Ignore : -1) : random.Next(Classes - 1))]);
    }
}
