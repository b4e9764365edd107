using System.Text.Json.Nodes;
using EcoM2F.Compiler;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Evaluation;
using EcoM2F.Recipe.Reports;
using EcoM2F.Recipe.Thresholds;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Thresholds;

/// <summary>On sets whose truth is what the model itself gives at known thresholds.</summary>
public sealed class ThresholdTunerTests : IDisposable
{
    private const int Images = 80; // one class in about half of them

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    /// <summary>The truth is made at 0.3; the model then asks for 0.9, at which it finds next to nothing.</summary>
    [Fact]
    public async Task Tune_PanopticModelThatAsksForTooMuch_GetsTheThresholdsOfTheTruth()
    {
        var set = await MakeAsync(TinyDataset.Panoptic);
        SetThreshold(0.9);
        var (found, steps, page) = await TuneAsync(set, "before");

        Assert.Equal(("PQ", 0.9f, Images, 2 * Images), (found.Metric, found.Own, found.Images, steps));
        Assert.True(found.Difference.Low > 0.2, $"{found.Difference}");
        Assert.Equal(found.QualityTuned - found.QualityNow, found.Difference.Difference, 1e-9);
        var frequent = found.Classes.Where(static item => item.Objects >= 3 * ThresholdChoice.LeastObjects).ToList();
        Assert.NotEmpty(frequent);
        Assert.All(frequent, static item =>
        {
            Assert.InRange(item.Threshold!.Value, 0.3f, 0.85f);
            Assert.InRange(item.QualityNow, 0, 0.1);
            Assert.InRange(item.QualityTuned, 0.9, 1);
        });
        Assert.All(found.Classes.Where(static item => item.Objects < ThresholdChoice.LeastObjects), static item => Assert.Null(item.Threshold));
        Assert.Contains("Score thresholds by class", page, StringComparison.Ordinal);

        // written, the model gives the truth, and there is nothing left to find
        ThresholdsInstaller.Install(_folder["tiny"], ModelFolder.Open(_folder["tiny"]).Manifest, found.Chosen, new JsonObject { ["images"] = Images });
        var (again, _, _) = await TuneAsync(set, "after");
        Assert.InRange(again.QualityNow, found.QualityTuned - 0.02, 1);
        Assert.False(again.Difference.Difference > 0.02);
    }

    [Fact]
    public async Task Tune_Instances_NeedsNoRun()
    {
        var set = await MakeAsync(TinyDataset.Instance); // all that the model finds, however uncertain
        var (found, steps, _) = await TuneAsync(set, "report");

        Assert.Equal(("F1 at IoU 0.5", 0.5f, 0), (found.Metric, found.Own, steps));
        Assert.True(found.IsBetter, $"{found.Difference}");
        Assert.Contains(found.Classes, static item => item is { Threshold: < 0.5f, Objects: > 2 * ThresholdChoice.LeastObjects });
    }

    [Fact]
    public async Task Tune_SemanticSet_IsRefused()
    {
        var file = await TinyDataset.WriteAsync(_folder["set"], MakeModel(), 2, TinyDataset.Semantic);
        var set = Dataset.Open(file, ModelFolder.Open(_folder["tiny"]).Manifest.Classes, cancellationToken: Token);

        Assert.Contains("panoptic or instance", Assert.Throws<RecipeException>(() => ThresholdTuner.Require(set)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tune_Agreement_IsRefused()
    {
        var file = await TinyDataset.WriteAsync(_folder["set"], MakeModel(), 2);
        var set = Dataset.OpenFor(ModelFolder.Open(_folder["tiny"]).Manifest, file, agreement: true, cancellationToken: Token);

        Assert.Contains("labels", Assert.Throws<RecipeException>(() => ThresholdTuner.Require(set)).Message, StringComparison.Ordinal);
    }

    private string MakeModel()
    {
        TinyModel.CompileTo(_folder["tiny"], exits: 1, gates: false);
        return _folder["tiny"];
    }

    private Task<string> MakeAsync(string task) => TinyDataset.WriteAsync(_folder["set"], MakeModel(), Images, task);

    private void SetThreshold(double score)
    {
        var path = Path.Combine(_folder["tiny"], ModelManifest.FileName);
        var model = JsonNode.Parse(File.ReadAllText(path))!;
        model["postprocessing"]!["score_threshold"] = score;
        File.WriteAllText(path, model.ToJsonString());
    }

    private async Task<(ThresholdTuning Found, int Steps, string Page)> TuneAsync(string file, string report)
    {
        using var engine = ExitsEngine.Open(_folder["tiny"], "cpu", Token);
        var set = Dataset.Open(file, engine.Model.Classes, cancellationToken: Token);
        using var evaluator = new Evaluator(engine, set, new EvaluationOptions(PolicyParser.Parse("static:1", engine.Model), 1, 0), _folder[report]);
        var measured = await evaluator.MeasureAsync(static () => { }, Token);
        var steps = 0;
        var sut = new ThresholdTuner(engine, measured);
        var found = await sut.TuneAsync(1, () => steps++, Token);
        Assert.Equal(sut.Steps, steps);
        var result = await evaluator.CompareAsync(measured, Token);
        return (found, steps, ReportPage.Of(result with { Thresholds = found }));
    }
}
