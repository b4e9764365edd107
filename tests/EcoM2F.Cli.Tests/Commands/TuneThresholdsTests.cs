using System.Text.Json.Nodes;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

/// <summary><c>evaluate --tune-thresholds</c>, on a set whose truth the model gives at 0.3, while it asks for 0.9.</summary>
public sealed class TuneThresholdsTests(TinyFiles tiny) : IDisposable
{
    private const int Images = 80; // one class in about half of them

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Tune_Write_ChangesTheModelWhereHeldOutImagesAreBetterOff()
    {
        TinyModel.CompileTo(_folder["model"], exits: 1, gates: false);
        await TinyDataset.WriteAsync(_folder["set"], _folder["model"], Images);
        var path = _folder["model/model.json"];
        var model = JsonNode.Parse(File.ReadAllText(path))!;
        model["postprocessing"]!["score_threshold"] = 0.9;
        File.WriteAllText(path, model.ToJsonString());
        var before = File.ReadAllText(path);

        // looked at
        var looked = (await EvaluateAsync("report", "--json")).Exits(0).Json["thresholds"]!;
        Assert.True(looked["low"]!.GetValue<double>() > 0, looked.ToJsonString());
        Assert.False(looked["written"]!.GetValue<bool>());
        Assert.Equal(before, File.ReadAllText(path));
        Assert.Contains("Score thresholds by class", File.ReadAllText(_folder["report/report.html"]), StringComparison.Ordinal);
        Assert.True(JsonNode.DeepEquals(looked, JsonNode.Parse(File.ReadAllText(_folder["report/report.json"]))!["thresholds"]));

        // written
        var written = (await EvaluateAsync("report", "--write")).Exits(0);
        Assert.Contains("written into the model", written.Out, StringComparison.Ordinal);
        var thresholds = JsonNode.Parse(File.ReadAllText(path))!["postprocessing"]!["class_thresholds"]!.AsObject();
        var chosen = looked["classes"]!.AsArray().Where(static item => item!["threshold"] is not null).ToDictionary(static item => item!["class"]!.GetValue<string>(), static item => item!["threshold"]!.GetValue<double>());
        Assert.NotEmpty(chosen);
        Assert.Equal(chosen.OrderBy(static entry => entry.Key, StringComparer.Ordinal), thresholds.Select(static entry => KeyValuePair.Create(entry.Key, entry.Value!.GetValue<double>())));

        Assert.Contains($"thresholds  {thresholds.First().Key} ", (await EcoM2FProgram.RunAsync("inspect", _folder["model"])).Exits(0).Out, StringComparison.Ordinal);

        // once written, there is nothing to gain; measurements of the model as it was are not taken for its own
        (await EvaluateAsync("report", "--write")).Exits(2).Names("measured.jsonl");
        var again = (await EvaluateAsync("again", "--write")).Exits(1);
        Assert.Contains("Not written: On held-out images", again.Error, StringComparison.Ordinal);
        Assert.Contains("--force", again.Error, StringComparison.Ordinal);
        Assert.Contains("Written because of --force", (await EvaluateAsync("again", "--write", "--force")).Exits(0).Error, StringComparison.Ordinal);
        (await EcoM2FProgram.RunAsync("verify", _folder["model"])).Exits(0);
    }

    [Theory]
    [InlineData("--tune-thresholds", "--write")]
    [InlineData("--write", "--tune-thresholds", "--force")]
    public async Task Options_ThatGoWithOthers_NameThem(string named, params string[] options) =>
        (await EcoM2FProgram.RunAsync(["evaluate", tiny.Model, "set.json", "-o", _folder["report"], .. options])).Exits(2).Names($"--write|{named}");

    [Fact]
    public async Task Tune_FolderWithoutLabels_IsRefused()
    {
        TestImages.WriteMany(_folder["photos"], 2);
        (await EcoM2FProgram.RunAsync("evaluate", tiny.Model, _folder["photos"], "-o", _folder["report"], "--tune-thresholds")).Exits(2).Names("--tune-thresholds|labels|panoptic or instance");
    }

    private Task<ProgramRun> EvaluateAsync(string report, params string[] options) =>
        EcoM2FProgram.RunAsync(["evaluate", _folder["model"], _folder["set/set.json"], "-o", _folder[report], "--policy", "static:1", "--examples", "0", "--tune-thresholds", .. options]);
}
