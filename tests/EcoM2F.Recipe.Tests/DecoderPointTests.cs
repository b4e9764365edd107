using EcoM2F.Compiler;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Evaluation;
using EcoM2F.Recipe.Gates;
using EcoM2F.Recipe.Reports;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests;

/// <summary>The recipe on a model with two sizes, three exits and the decoder exits 1 and 3.</summary>
public sealed class DecoderPointTests : IAsyncLifetime
{
    private const int Images = 4;

    private readonly TemporaryFolder _folder = new();
    private TinySet _files = null!;
    private ExitsEngine _engine = null!;
    private Dataset _set = null!;

    public async ValueTask InitializeAsync()
    {
        TinyModel.CompileTo(_folder["cut"], gates: false, decoderExits: "1");
        SizesInstaller.Install(_folder["cut"], "32:64,64", null, false, null, CancellationToken.None);
        var points = ModelFolder.Open(_folder["cut"]).Manifest.Points;
        var random = new Random(2);
        GateInstaller.Install(_folder["cut"], new NewGate
        {
            Profile = "points",
            Kind = GateProfile.Classifier,
            Beta = 0.5,
            Weight = [.. Enumerable.Range(0, points.Count * TinyCheckpoint.Width).Select(_ => random.NextSingle() - 0.5f)],
            Bias = new float[points.Count],
            Points = points,
        });
        GateInstaller.Install(_folder["cut"], new NewGate
        {
            Profile = "utility",
            Kind = GateProfile.Utility,
            Weight = [.. Enumerable.Range(0, points.Count * TinyCheckpoint.Width).Select(_ => (random.NextSingle() - 0.5f) / 4)],
            Bias = [.. points.Select(_ => random.NextSingle() / 4)],
            Points = points,
        });
        _files = await TinySet.CreateAsync(_folder["cut"], Images);
        _engine = ExitsEngine.Open(_folder["cut"], "cpu", CancellationToken.None);
        _set = Dataset.Open(_files.File, _engine.Model.Classes);
    }

    public ValueTask DisposeAsync()
    {
        _engine.Dispose();
        _files.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Run_EveryPoint_WithTheWholeDecoderAsAModelThatHasNothingElse()
    {
        TinyModel.CompileTo(_folder["whole"], gates: false);
        using var whole = ExitsEngine.Open(_folder["whole"], "cpu", TestContext.Current.CancellationToken);
        var bytes = await File.ReadAllBytesAsync(_set.Images[0].Path, TestContext.Current.CancellationToken);
        using var prepared = _engine.Prepare(bytes, mirrored: false, TestContext.Current.CancellationToken);
        using var run = await _engine.RunAsync(prepared, gates: true, similarities: true, TestContext.Current.CancellationToken);
        using var preparedWhole = whole.Prepare(bytes, mirrored: false, TestContext.Current.CancellationToken);
        using var exits = await whole.RunAsync(preparedWhole, gates: false, similarities: true, TestContext.Current.CancellationToken);

        Assert.Equal(_engine.Model.Points, run.Points.Select(static point => point.Key));
        Assert.Equal(12, run.Points.Count);
        var points = _engine.Model.Points.ToList();
        for (var exit = 0; exit < 3; exit++)
        {
            var (cut, full) = (points.IndexOf(new GatePoint(64, exit + 1, 1)), points.IndexOf(new GatePoint(64, exit + 1, 3)));
            Assert.Equal(Ids(whole, exits, exit), Ids(_engine, run, full));
            Assert.NotEqual(Ids(whole, exits, exit), Ids(_engine, run, cut));
            Assert.Equal((exits.Similarities[exit], exits.Similarities[exit]), (run.Similarities[cut], run.Similarities[full]));
        }

        static int[] Ids(ExitsEngine engine, ExitsRun run, int point) => engine.ToResult(run, point, SegmentationTasks.Panoptic, TestContext.Current.CancellationToken).Panoptic!.Ids;
    }

    [Fact]
    public async Task Derive_Rows_NameTheDecoderDepthAndTrainAGate()
    {
        await Derivation.Plan(_engine.Model, _set, static _ => true, _folder["rows.jsonl"]).RunAsync(_engine, static () => { }, TestContext.Current.CancellationToken);
        var line = (await File.ReadAllLinesAsync(_folder["rows.jsonl"], TestContext.Current.CancellationToken))[0];
        Assert.Contains("""{"size":32,"depth":1,"input":[32,64],"decoder_depth":1},{"size":32,"depth":1,"input":[32,64],"decoder_depth":3}""", line, StringComparison.Ordinal);

        var model = _engine.Model;
        var some = GateRowRules.For(model, TinyCheckpoint.Width, [], [], [1]);
        Assert.Equal(6, some.Points!.Used.Count);
        Assert.All(some.Points.Used, static point => Assert.Equal(1, point.DecoderDepth));
        var rows = GateRows.Read([_folder["rows.jsonl"]], GateRowRules.For(model, TinyCheckpoint.Width, [], [], []), TestContext.Current.CancellationToken);
        Assert.Equal(model.Points, rows.Data.Points);
        Assert.Equal(model.FullPoint, rows.Data.Points[rows.Data.Full]);
        Assert.Contains("decoder exits are 1, 3", Assert.Throws<RecipeException>(() => GateRowRules.For(model, TinyCheckpoint.Width, [], [], [2])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_Policies_KnowTheDecoderDepth()
    {
        var result = await CompareAsync(_engine, "report", "static:2,static:64/2/3,static:64/2/1,gate:points,utility:0.3,depth-only:0.3,size-only:0.3,oracle:0,saturation:1");
        Assert.Equal(["static:2", "static:64/2/3", "static:64/2/1"], result.Policies.Take(3).Select(static policy => policy.Policy.Name));
        Assert.Equal(result.Policies[0].Quality, result.Policies[1].Quality); // the whole decoder
        Assert.True(result.Policies[2].Gmacs < result.Policies[0].Gmacs);
        Assert.Equal(("static:64/3", 12), (result.Full.Policy.Name, result.Statics.Count));
        Assert.Equal(new GatePoint(64, 3, 3), Assert.Single(result.Policies[^1].Points).Key); // no layer changes nothing: the deepest, whole
        Assert.All((PolicyKind[])[PolicyKind.DepthOnly, PolicyKind.SizeOnly], kind =>
            Assert.Single(result.Policies.First(policy => policy.Policy.Kind == kind).Points.Keys.Select(static point => point.DecoderDepth).Distinct()));

        var json = ReportJson.Of(result);
        Assert.Equal("[1,3]", json["decoder_exits"]!.ToJsonString());
        Assert.All(json["policies"]![3]!["points"]!.AsObject(), static point => Assert.Equal(2, point.Key.Count(static letter => letter == '/')));
        Assert.Contains(", decoder ", ReportPage.Of(result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_AgainstTheModelWithoutDecoderExits_ComparesWholeDecoders()
    {
        TinyModel.CompileTo(_folder["whole"], gates: false);
        using (var whole = ExitsEngine.Open(_folder["whole"], "cpu", TestContext.Current.CancellationToken))
        {
            ReportFiles.Write(await CompareAsync(whole, "other", "static:3"), _folder["other"]);
        }

        var result = await CompareAsync(_engine, "report", "static:3", _folder["other"]);
        var compared = result.Comparisons.Where(static item => item.Against.StartsWith("whole", StringComparison.Ordinal) && !item.Policy.Contains("less", StringComparison.Ordinal)).ToList();
        Assert.Equal(["static:64/1", "static:64/2", "static:64/3"], compared.Select(static item => item.Policy));
        Assert.All(compared, static item => Assert.Equal(0, item.Difference.Difference));
    }

    [Theory]
    [InlineData("static:64/2/2", "1, 3")]
    [InlineData("static:64/2/x", "whole number")]
    public void Parse_WrongDecoderDepth_IsNamed(string policy, string named) =>
        Assert.Contains(named, Assert.Throws<RecipeException>(() => PolicyParser.Parse(policy, _engine.Model)).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_DecoderDepthOfAModelWithout_SaysSo() =>
        Assert.Contains("no decoder exits", Assert.Throws<RecipeException>(() => PolicyParser.Parse("static:320/2/1", TestManifest.Create())).Message, StringComparison.Ordinal);

    [Fact]
    public void Identity_WithoutDecoderExits_IsTheOneOfRowsByExit()
    {
        TinyModel.CompileTo(_folder["whole"], gates: false);
        var whole = ModelFolder.Open(_folder["whole"]).Manifest;
        Assert.NotEqual(ModelIdentity.Of(whole), ModelIdentity.Of(_engine.Model));
        Assert.Equal(ModelIdentity.Of(whole), ModelIdentity.OfOwnSize(_engine.Model));
    }

    private async Task<EvaluationResult> CompareAsync(ExitsEngine engine, string folder, string policies, string? against = null)
    {
        var options = new EvaluationOptions(PolicyParser.Parse(policies, engine.Model), Seed: 3, Examples: 0) { Against = against };
        using var evaluator = new Evaluator(engine, _set, options, _folder[folder]);
        return await evaluator.CompareAsync(await evaluator.MeasureAsync(static () => { }, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
    }
}
