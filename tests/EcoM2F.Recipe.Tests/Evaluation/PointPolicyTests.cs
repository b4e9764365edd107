using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Evaluation;
using EcoM2F.Recipe.Reports;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Evaluation;

public sealed class PointPolicyTests(LoadedPoints sized)
{
    private const ulong Seed = 3;

    [Fact]
    public async Task Static_Names_AreRepeatedAsTyped()
    {
        using var folder = new TemporaryFolder();
        var result = await CompareAsync(folder, "static:2,static:64/2,static:96/3");
        Assert.Equal(["static:2", "static:64/2", "static:96/3"], result.Policies.Select(static policy => policy.Policy.Name));
        Assert.Equal(result.Policies[0].Quality, result.Policies[1].Quality); // the own size
        Assert.Equal(9, result.Statics.Count);
        Assert.Equal("static:64/3", result.Full.Policy.Name);
    }

    [Fact]
    public async Task Gate_OverPoints_CountsTheProbeUnlessItChoosesTheSmallest()
    {
        using var folder = new TemporaryFolder();
        var set = await MeasureAsync(folder);
        var choices = new PolicyChoices(set, Seed);
        var policy = Parse("gate:points");
        Assert.True(choices.NeedsProbe(policy));
        Assert.False(choices.NeedsProbe(Parse("gate:balanced")));
        int[] smallest = [.. set.Images.Select(static _ => 2)];
        int[] largest = [.. set.Images.Select(static _ => 8)];
        Assert.Equal(set.Gmacs(smallest, probe: false), set.Gmacs(smallest, probe: true));
        Assert.True(set.Gmacs(largest, probe: true) > set.Gmacs(largest, probe: false));
        Assert.True(set.Milliseconds(largest, gate: true, probe: true) > set.Milliseconds(largest, gate: true, probe: false));
        Assert.Equal(set.Milliseconds(smallest, gate: true, probe: false), set.Milliseconds(smallest, gate: true, probe: true));
    }

    [Fact]
    public async Task Guard_ImageBeyondTheBound_GetsTheFallback()
    {
        using var folder = new TemporaryFolder();
        var result = await CompareAsync(folder, "gate:shy,gate:points,utility:0.3");
        Assert.Equal(
            ["gate:shy", "gate:shy/unguarded", "gate:points", "gate:points/unguarded", "utility:0.3", "utility:0.3/unguarded"], result.Policies.Select(static policy => policy.Policy.Name));
        Assert.Equal(new GatePoint(64, 2), Assert.Single(result.Policies[0].Points).Key);
        Assert.Equal((1.0, 0.0), (result.Policies[0].Fallbacks, result.Policies[2].Fallbacks));
        Assert.Null(result.Policies[1].Fallbacks);
        Assert.Equal(result.Policies[2].Points, result.Policies[3].Points);
        Assert.Contains(result.Comparisons, static item => item is { Policy: "gate:shy", Against: "gate:shy/unguarded" });
    }

    [Fact]
    public async Task OneAxisAlone_Price_KeepsTheOtherAtTheBestFixedPoint()
    {
        using var folder = new TemporaryFolder();
        var result = await CompareAsync(folder, "utility:0.3,depth-only:0.3,size-only:0.3,oracle:0");
        Assert.Single(result.Policies.First(static policy => policy.Policy.Kind == PolicyKind.DepthOnly).Points.Select(static point => point.Key.Size).Distinct());
        Assert.Single(result.Policies.First(static policy => policy.Policy.Kind == PolicyKind.SizeOnly).Points.Select(static point => point.Key.Depth).Distinct());
        Assert.Equal(["depth-only:0.3", "size-only:0.3"], result.Comparisons.Where(static item => item.Policy == "utility:0.3" && item.Against.Contains("-only", StringComparison.Ordinal)).Select(static item => item.Against));
        var oracle = result.Policies[^1];
        Assert.All(result.Statics, fixedPoint => Assert.True(oracle.ImageQuality >= fixedPoint.ImageQuality));
    }

    [Fact]
    public async Task Frontier_FixedPoints_RisesWithCost()
    {
        using var folder = new TemporaryFolder();
        var result = await CompareAsync(folder, "static:1");
        foreach (var cost in (Func<PolicyResult, double>[])[static policy => policy.Gmacs, static policy => policy.Milliseconds])
        {
            var frontier = result.Frontier(cost);
            Assert.All(frontier.Zip(frontier.Skip(1)), pair => Assert.True(cost(pair.First) <= cost(pair.Second) && pair.First.Quality.Value < pair.Second.Quality.Value));
            Assert.Equal(result.Statics.Max(static policy => policy.Quality.Value), frontier[^1].Quality.Value);
        }
    }

    [Fact]
    public async Task Measure_Again_ReadsTheSameImages()
    {
        using var folder = new TemporaryFolder();
        var first = await MeasureAsync(folder);
        using var evaluator = Evaluator(folder, "static:1");
        Assert.Empty(evaluator.Todo);
        var again = await evaluator.MeasureAsync(static () => { }, TestContext.Current.CancellationToken);
        for (var i = 0; i < first.Images.Count; i++)
        {
            Assert.Equal(first.Images[i].Points, again.Images[i].Points);
            Assert.All(first.Images[i].Times.Zip(again.Images[i].Times), static pair => Assert.Equal(pair.First.Total.TotalMilliseconds, pair.Second.Total.TotalMilliseconds, tolerance: 0.001));
            Assert.Equal(first.Images[i].Probe, again.Images[i].Probe);
            Assert.Equal(first.Images[i].Gates["points"], again.Images[i].Gates["points"]);
        }
    }

    [Fact]
    public async Task Report_ModelWithSizes_HasMapsBothChartsAndSizeExamples()
    {
        using var folder = new TemporaryFolder();
        var result = await CompareAsync(folder, "gate:points,static:1,random:points", examples: 2);
        Assert.Equal(2, result.SizeExamples.Count);
        Assert.Equal("size 32", result.SizeExamples[0].Shallow.Name);
        var page = ReportPage.Of(result);
        Assert.All((string[])["PQ and milliseconds", "Where the size matters", "Images by size and depth", "guard 0%"], part => Assert.Contains(part, page, StringComparison.Ordinal));
        Assert.DoesNotContain("agreement", page, StringComparison.OrdinalIgnoreCase);
        var json = ReportJson.Of(result);
        Assert.Equal("[32,64,96]", json["sizes"]!.ToJsonString());
        Assert.Equal(LoadedPoints.Images, json["policies"]![0]!["points"]!.AsObject().Sum(static point => point.Value!.GetValue<int>()));
    }

    [Fact]
    public async Task Report_FolderOfPhotos_SaysAgreement()
    {
        using var folder = new TemporaryFolder();
        var set = Dataset.OpenFor(sized.Engine.Model, sized.Photos, cancellationToken: TestContext.Current.CancellationToken);
        using var evaluator = new Evaluator(sized.Engine, set, new EvaluationOptions(PolicyParser.Parse("static:3,gate:points", sized.Engine.Model), Seed, 0), folder.Path);
        var result = await evaluator.CompareAsync(await evaluator.MeasureAsync(static () => { }, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        Assert.Equal(1, result.Full.Quality.Value);
        Assert.Contains("Agreement, not quality", ReportPage.Of(result), StringComparison.Ordinal);
        Assert.Equal(("PQ agreement", "full"), (ReportJson.Of(result)["metric"]!.GetValue<string>(), ReportJson.Of(result)["reference"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("static:48/2", "32, 64, 96")]
    [InlineData("static:64/9", "1, 2, 3")]
    [InlineData("static:x/1", "whole number")]
    [InlineData("depth-only:101", "0 to 100")]
    [InlineData("size-only", "size-only:BETA")]
    public void Parse_WrongPolicy_NamesWhatIsAllowed(string policy, string allowed) =>
        Assert.Contains(allowed, Assert.Throws<RecipeException>(() => Parse(policy)).Message, StringComparison.Ordinal);

    [Fact]
    public void Defaults_ModelWithSizes_NameEveryPointAndBothAxes()
    {
        var names = PolicyParser.Defaults(sized.Engine.Model).Select(static policy => policy.Name).ToHashSet();
        Assert.Superset(new HashSet<string> { "static:32/1", "static:96/3", "gate:points", "depth-only:0.3", "size-only:0.3" }, names);
        var oneSize = sized.Engine.Model with { Sizes = null, Gates = null };
        Assert.Contains("no utility gate", Assert.Throws<RecipeException>(() => PolicyParser.Parse("depth-only:1", oneSize)).Message, StringComparison.Ordinal);
    }

    private Policy Parse(string policy) => PolicyParser.Parse(policy, sized.Engine.Model)[0];

    private Evaluator Evaluator(TemporaryFolder folder, string policies, int examples = 0) =>
        new(sized.Engine, sized.Set, new EvaluationOptions(PolicyParser.Parse(policies, sized.Engine.Model), Seed, examples), folder.Path);

    private async Task<MeasuredSet> MeasureAsync(TemporaryFolder folder)
    {
        using var evaluator = Evaluator(folder, "static:1");
        return await evaluator.MeasureAsync(static () => { }, TestContext.Current.CancellationToken);
    }

    private async Task<EvaluationResult> CompareAsync(TemporaryFolder folder, string policies, int examples = 0)
    {
        using var evaluator = Evaluator(folder, policies, examples);
        return await evaluator.CompareAsync(await evaluator.MeasureAsync(static () => { }, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
    }
}
