using EcoM2F.Inference.Compute;
using EcoM2F.Recipe.Evaluation;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Evaluation;

public sealed class PolicyEvaluatorTests(LoadedSet tiny)
{
    private const ulong Seed = 3;

    [Fact]
    public async Task Static_AnyExit_IsTheQualityOfItsCounts()
    {
        var set = await MeasureAsync();
        for (var exit = 0; exit < 3; exit++)
        {
            var result = Evaluate(set, $"static:{exit + 1}");
            var expected = tiny.Set.Combine([.. set.Images.Select(image => image.Counts[exit])]).Quality([]);
            Assert.Equal(expected, result.Quality.Value, 1e-12);
            Assert.Equal(set.Images.Average(image => image.Quality[exit]), result.ImageQuality, 1e-12);
            Assert.Equal(exit + 1, result.MeanDepth);
            Assert.Equal(LoadedSet.Images, Assert.Single(result.Depths).Value);
        }
    }

    [Fact]
    public async Task Measure_Image_HasItsWholeWayAtEveryPoint()
    {
        var set = await MeasureAsync();
        Assert.All(set.Images, image =>
        {
            Assert.Equal([1, 2, 3], image.Points.Select(static point => point.Depth));
            for (var exit = 0; exit < 3; exit++)
            {
                Assert.Equal([Stage.Decode, Stage.Stem, Stage.Gate, Stage.Encoder, Stage.Decoder, Stage.Mask], image.Times[exit].All.Select(static time => time.Stage));
                Assert.Equal(image.Times[2].Encoder!.Value * (exit + 1) / 3, image.Times[exit].Encoder!.Value, 1e-9);
            }
        });
    }

    [Theory]
    [InlineData("static:2", false)]
    [InlineData("gate:balanced", true)]
    public async Task Milliseconds_Policy_CountTheGateWhereItIsAsked(string policy, bool gate)
    {
        var set = await MeasureAsync();
        StageTimes times = new() { Decode = 1, Stem = 2, Gate = 64, Encoder = 4, Decoder = 8, Mask = 16 };
        var sut = set with { Images = [.. set.Images.Select(image => image with { Times = [times, times, times] })] };
        Assert.Equal(gate ? 95 : 31, Evaluate(sut, policy).Milliseconds, 1e-12);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(20)]
    public async Task Oracle_AnyPrice_HasNoLessUtilityThanAnyOtherPolicy(double beta)
    {
        var set = await MeasureAsync();
        var oracle = Utility(Evaluate(set, FormattableString.Invariant($"oracle:{beta}")));
        Assert.All((string[])["static:1", "static:2", "static:3", "gate:fast", "random", "saturation:0.5", "mirror:0", "utility:1"], policy => Assert.True(oracle >= Utility(Evaluate(set, policy)) - 1e-9, policy));

        double Utility(PolicyResult result) => (100 * result.ImageQuality) - (beta * result.MeanDepth);
    }

    [Fact]
    public async Task Oracle_WithoutPrice_IsPerfectHere()
    {
        // Every truth is what the model gives at one of its exits.
        var result = Evaluate(await MeasureAsync(), "oracle:0");
        Assert.Equal(1, result.Quality.Value, 0.005);
    }

    [Fact]
    public async Task Random_AnyTrial_HasTheGatesOwnDepths()
    {
        var set = await MeasureAsync();
        var gate = Evaluate(set, "gate:balanced");
        var random = Evaluate(set, "random");
        Assert.Equal(gate.Depths, random.Depths);
        Assert.Equal(gate.MeanDepth, random.MeanDepth);
        Assert.Equal(random.Quality, Evaluate(set, "random:balanced").Quality);
    }

    [Fact]
    public async Task Saturation_Threshold_StopsAtTheFirstLayerThatReachesIt()
    {
        var set = await MeasureAsync();
        Assert.Equal(1, Evaluate(set, "saturation:-1").MeanDepth);
        Assert.Equal(3, Evaluate(set, "saturation:1").MeanDepth);
        var middle = set.Images.Select(static image => image.Similarities[0]).Order().ElementAt(LoadedSet.Images / 2);
        var expected = set.Images.Average(image => image.Similarities[0] >= middle ? 1 : image.Similarities[1] >= middle ? 2 : 3);
        Assert.Equal(expected, Evaluate(set, new Policy(PolicyKind.Saturation, Number: middle)).MeanDepth);
    }

    [Fact]
    public async Task Mirror_Choice_IsTheBestExitOfTheMirrorImage()
    {
        var set = await MeasureAsync();
        Assert.All(set.Images, static image => Assert.All(image.MirrorQuality!, static quality => Assert.InRange(quality, 0, 1)));
        Assert.Contains(set.Images, static image => image.MirrorQuality!.Zip(image.Quality).Any(static pair => pair.First != pair.Second));
        var best = set.Images.Select(static image => Array.IndexOf(image.MirrorQuality!, image.MirrorQuality!.Max())).ToArray();
        Assert.Equal(best.Average() + 1, Evaluate(set, "mirror:0").MeanDepth, 1e-9);
        Assert.Equal(set.Images.Select((image, i) => image.Quality[best[i]]).Average(), Evaluate(set, "mirror:0").ImageQuality, 1e-12);
    }

    [Fact]
    public async Task Compare_Gate_IsAgainstTheBestThatCostsNoMoreAndFullDepth()
    {
        var set = await MeasureAsync();
        var evaluator = new PolicyEvaluator(set, Seed);
        var statics = PolicyParser.Parse("static:1,static:2,static:3", tiny.Engine.Model).Select(policy => evaluator.Evaluate(policy, TestContext.Current.CancellationToken)).ToList();
        var gate = evaluator.Evaluate(new Policy(PolicyKind.Gate, "balanced"), TestContext.Current.CancellationToken);
        var comparisons = evaluator.Compare([gate], statics, TestContext.Current.CancellationToken);
        var affordable = statics.Where(policy => policy.Gmacs <= gate.Gmacs + 1e-9).MaxBy(static policy => policy.Quality.Value)!;
        Assert.Equal(new[] { affordable.Policy.Name, "static:3" }.Distinct(), comparisons.Select(static item => item.Against));
        Assert.Equal(gate.Quality.Value - affordable.Quality.Value, comparisons[0].Difference.Difference, 1e-12);
    }

    [Fact]
    public async Task Calibration_Bins_HoldEveryPrediction()
    {
        var set = await MeasureAsync();
        var calibrations = Calibration.Of(set);
        Assert.Equal(["balanced", "best", "fast", "utility", "utility"], calibrations.Select(static item => item.Gate));
        Assert.Equal(LoadedSet.Images * 3, calibrations[0].Bins.Sum(static bin => bin.Count));
        Assert.Equal(100.0 / 3, calibrations[0].Bins.Sum(static bin => bin.Actual * bin.Count) / (LoadedSet.Images * 3), 1e-9); // one exit of three is the best
        Assert.Equal(LoadedSet.Images * 2, calibrations[4].Bins.Sum(static bin => bin.Count));
        Assert.Equal(calibrations[3].Bins.OrderBy(static bin => bin.Predicted), calibrations[3].Bins);
    }

    [Fact]
    public void Defaults_ModelWithGates_NameEveryExitAndGate()
    {
        var names = PolicyParser.Defaults(tiny.Engine.Model).Select(static policy => policy.Name).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.Superset(new HashSet<string> { "static:1", "static:3", "gate:balanced", "gate:best", "gate:fast", "oracle:0", "random:balanced" }, names.ToHashSet());
        Assert.DoesNotContain(names, static name => name.StartsWith("mirror", StringComparison.Ordinal));
        var without = tiny.Engine.Model with { Gates = null };
        Assert.All(PolicyParser.Defaults(without), static policy => Assert.True(policy.Kind is PolicyKind.Static or PolicyKind.Oracle or PolicyKind.Saturation));
        Assert.Contains("has no gates", Assert.Throws<RecipeException>(() => PolicyParser.Parse("random", without)).Message, StringComparison.Ordinal);
    }

    private PolicyResult Evaluate(MeasuredSet set, string policy) => Evaluate(set, PolicyParser.Parse(policy, tiny.Engine.Model)[0]);

    private static PolicyResult Evaluate(MeasuredSet set, Policy policy) => new PolicyEvaluator(set, Seed).Evaluate(policy, TestContext.Current.CancellationToken);

    private async Task<MeasuredSet> MeasureAsync()
    {
        using var folder = new TemporaryFolder();
        var options = new EvaluationOptions([new Policy(PolicyKind.Mirror, Number: 0), new Policy(PolicyKind.Saturation, Number: 0)], Seed, 0);
        using var evaluator = new Evaluator(tiny.Engine, tiny.Set, options, folder.Path);
        return await evaluator.MeasureAsync(static () => { }, TestContext.Current.CancellationToken);
    }
}
