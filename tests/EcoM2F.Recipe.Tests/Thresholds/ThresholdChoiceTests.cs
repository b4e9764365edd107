using EcoM2F.Recipe.Metrics;
using EcoM2F.Recipe.Thresholds;

namespace EcoM2F.Recipe.Tests.Thresholds;

public sealed class ThresholdChoiceTests
{
    private const int Images = 12;

    private const float Own = 0.5f;

    private static readonly ulong Hit = CocoParameters.Bit(CocoParameters.All, 0);

    /// <summary>By class: scores of the object that every image has, and of what is found beside it.</summary>
    private static readonly (double Right, double[] Wrong)[] Scores =
    [
        (0.62, [0.57, 0.52]), // 0.6 keeps the object alone
        (0.22, [0.17]), // 0.2
        (0.9, []), // any up to 0.9: the model's own
        (0.52, [0.66]), // the object and the wrong one, or neither: the model's own
    ];

    [Fact]
    public void Choose_RightThresholdsThatAreKnown_AreFound()
    {
        var sut = Create(Images).Choose(static _ => true);

        Assert.Equal([(0, 0.6f), (1, 0.2f)], sut.Select(static entry => (entry.Key, entry.Value)).Order());
    }

    [Fact]
    public void Choose_PartOfTheImages_LooksAtThoseAlone()
    {
        var grid = ThresholdChoice.Grid(Own);
        var images = Matches(2 * Images);
        for (var i = Images; i < images.Length; i++)
        {
            images[i] = new ImageMatches([Of(0, 0.32, [0.27])]);
        }

        var sut = new ThresholdChoice(grid, Own, [.. images.Select(image => (PanopticCounts[])[.. grid.Select(value => ObjectCounts.At(image, _ => value))])]);

        Assert.Equal(0.6f, sut.Choose(static image => image < Images)[0]);
        Assert.Equal(0.3f, sut.Choose(static image => image >= Images)[0]);
    }

    [Fact]
    public void Choose_FewObjects_KeepsTheModelsOwn() => Assert.Empty(Create(ThresholdChoice.LeastObjects - 1).Choose(static _ => true));

    [Fact]
    public void Choose_AsManyObjectsAsAreNeeded_Chooses() => Assert.NotEmpty(Create(ThresholdChoice.LeastObjects).Choose(static _ => true));

    [Fact]
    public void Grid_HasTheModelsOwnOnce()
    {
        Assert.Equal(19, ThresholdChoice.Grid(0.65f).Count);
        Assert.Equal(20, ThresholdChoice.Grid(0.67f).Count);
        Assert.Contains(0.67f, ThresholdChoice.Grid(0.67f));
        Assert.Equal((0.05f, 0.95f), (ThresholdChoice.Grid(Own)[0], ThresholdChoice.Grid(Own)[^1]));
    }

    [Fact]
    public void FirstHalf_IsHalfAndDependsOnNamesAlone()
    {
        string[] names = [.. Enumerable.Range(0, 101).Select(static i => $"{i:000}.jpg")];

        var sut = ThresholdChoice.FirstHalf(names);
        var turned = ThresholdChoice.FirstHalf([.. names.Reverse()]);

        Assert.Equal(51, sut.Count(static isFirst => isFirst));
        Assert.Equal(sut, turned.Reverse());
        Assert.InRange(sut.Take(50).Count(static isFirst => isFirst), 10, 40); // mixed
    }

    /// <summary>As if the detections below the threshold had never been made.</summary>
    [Fact]
    public void ObjectCounts_CountsMatchesWithoutWhatIsIgnored()
    {
        var matches = new ImageMatches([new ClassMatches(3, [4, 0, 0, 0], [new(0.9, Hit, 0), new(0.8, 0, 0), new(0.7, 0, Hit), new(0.62, Hit, 0), new(0.5, 0, 0)])]);

        Assert.Equal(new ClassCounts(3, 2, 2, 1, 2), Assert.Single(ObjectCounts.At(matches, static _ => 0.6f).Classes));
        Assert.Equal(new ClassCounts(3, 0, 0, 0, 4), Assert.Single(ObjectCounts.At(matches, static _ => 0.95f).Classes));
        Assert.Equal(2 / (2 + (0.5 * 1) + (0.5 * 2)), ObjectCounts.At(matches, static _ => 0.6f).Classes[0].Pq, 1e-12);
    }

    private static ThresholdChoice Create(int images)
    {
        var grid = ThresholdChoice.Grid(Own);
        return new ThresholdChoice(grid, Own, [.. Matches(images).Select(image => (PanopticCounts[])[.. grid.Select(value => ObjectCounts.At(image, _ => value))])]);
    }

    private static ImageMatches[] Matches(int images) =>
        [.. Enumerable.Range(0, images).Select(static _ => new ImageMatches([.. Scores.Select(static (scores, id) => Of(id, scores.Right, scores.Wrong))]))];

    private static ClassMatches Of(int id, double right, double[] wrong) =>
        new(id, [1, 0, 0, 0], [.. wrong.Select(static score => new MatchedDetection(score, 0, 0)).Append(new MatchedDetection(right, Hit, 0)).OrderByDescending(static found => found.Score)]);
}
