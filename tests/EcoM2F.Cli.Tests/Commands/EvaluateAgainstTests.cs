using System.Text.Json.Nodes;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

/// <summary><c>evaluate --against</c>: another model's exits on the same images.</summary>
public sealed class EvaluateAgainstTests(TinyFiles tiny, PanopticSet set) : IClassFixture<PanopticSet>, IDisposable
{
    private const double Rounding = 1e-12;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Against_ExitsInAnotherOrder_GivesTheirDifferences()
    {
        var report = (await EvaluateAsync("other", "--policy", "static:1,static:3", "--json")).Exits(0).Json;
        Assert.Equal([1, 2, 3], report["exits"]!.AsArray().Select(static exit => exit!.GetValue<int>()));
        var quality = report["policies"]!.AsArray().Select(static policy => Number(policy!, "quality")).ToList();
        Rewrite("report.json", other => (other["model"], other["model_version"], other["exits"]) = ("upside down", "2", new JsonArray(1, 3)));
        Rewrite("measured.jsonl", static line =>
        {
            var image = line["image"]!;
            foreach (var field in (string[])["counts", "quality"])
            {
                var byExit = image[field]!.AsArray();
                image[field] = new JsonArray(byExit[2]!.DeepClone(), byExit[0]!.DeepClone());
            }
        });
        var before = File.ReadAllText(_folder["other/measured.jsonl"]);

        var run = (await EvaluateAsync("report", "--policy", "static:2", "--against", _folder["other"], "--json")).Exits(0);
        var comparisons = run.Json["comparisons"]!.AsArray();
        Assert.Equal(
            [("static:1", "upside down 2: static:1"), ("static:3", "upside down 2: static:3"), ("static:1 less static:3", "upside down 2: static:1 less static:3")],
            comparisons.Select(static item => (item!["policy"]!.GetValue<string>(), item["against"]!.GetValue<string>())));
        var gain = quality[0] - quality[1];
        Assert.True(Math.Abs(gain) > 0.001, $"Exits 1 and 3 are alike: {quality[0]}, {quality[1]}");
        Assert.Equal(gain, Number(comparisons[0]!, "difference"), Rounding);
        Assert.Equal(-gain, Number(comparisons[1]!, "difference"), Rounding);
        Assert.Equal(2 * gain, Number(comparisons[2]!, "difference"), Rounding);
        Assert.Equal(Number(comparisons[0]!, "low"), -Number(comparisons[1]!, "high"), Rounding); // the same draws
        Assert.Equal(2 * Number(comparisons[0]!, "low"), Number(comparisons[2]!, "low"), Rounding);
        Assert.True(Number(comparisons[0]!, "low") < Number(comparisons[0]!, "high"));
        Assert.Contains("<td>upside down 2: static:1</td>", File.ReadAllText(_folder["report/report.html"]), StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(_folder["other/measured.jsonl"]));
    }

    [Theory]
    [InlineData("measured.jsonl|line 2|another data set|classes", "\"image\":\"001.png\"", "\"image\":\"100.png\"")]
    [InlineData("measured.jsonl|line 1|another data set|classes", "\"run\":\"1 ", "\"run\":\"0 ")]
    [InlineData("measured.jsonl|line 1|not a measurement|3 exits", "\"counts\":[", "\"counts\":null,\"was\":[")]
    public async Task Against_MeasurementsOfSomethingElse_AreRefused(string fragments, string old, string changed)
    {
        (await EvaluateAsync("other", "--policy", "static:1", "--examples", "0")).Exits(0);
        var path = _folder["other/measured.jsonl"];
        File.WriteAllText(path, File.ReadAllText(path).Replace(old, changed, StringComparison.Ordinal));
        await AssertRefusedAsync(fragments);
    }

    [Fact]
    public async Task Against_FolderThatIsNotReady_IsRefused()
    {
        await AssertRefusedAsync($"no file|{_folder["other/report.json"]}");
        (await EvaluateAsync("other", "--policy", "static:1", "--examples", "0")).Exits(0);
        var path = _folder["other/measured.jsonl"];
        var lines = File.ReadAllLines(path);
        File.WriteAllLines(path, lines[..^1]);
        await AssertRefusedAsync($"{path}|{PanopticSet.Images - 1} of {PanopticSet.Images} images|not finished");
        File.Delete(path);
        await AssertRefusedAsync($"{path}|cannot be read");
        Rewrite("report.json", static report => report.Remove("exits"));
        await AssertRefusedAsync("'exits'");
    }

    [Theory]
    [InlineData("report")]
    [InlineData("report/")]
    public async Task Against_ItsOwnFolder_IsRefused(string folder) => Assert.Contains(
        "--against is the folder of --output",
        (await EvaluateAsync("report", "--policy", "static:1", "--against", _folder[folder])).Exits(2).Error,
        StringComparison.Ordinal);

    private static double Number(JsonNode node, string field) => node[field]!.GetValue<double>();

    private async Task AssertRefusedAsync(string fragments)
    {
        var run = (await EvaluateAsync("report", "--policy", "static:1", "--against", _folder["other"], "--json")).Exits(2);
        var error = run.Json["error"]!.GetValue<string>();
        Assert.All(fragments.Split('|'), fragment => Assert.Contains(fragment, error, StringComparison.Ordinal));
        Assert.False(Directory.Exists(_folder["report"]));
    }

    /// <summary>Changes each line's object of a file in the other evaluation's folder; <c>report.json</c> is one object.</summary>
    private void Rewrite(string name, Action<JsonObject> change)
    {
        var path = _folder[$"other/{name}"];
        string[] objects = name.EndsWith('l') ? File.ReadAllLines(path) : [File.ReadAllText(path)];
        File.WriteAllLines(path, objects.Select(text =>
        {
            var changed = JsonNode.Parse(text)!.AsObject();
            change(changed);
            return changed.ToJsonString();
        }));
    }

    private Task<ProgramRun> EvaluateAsync(string folder, params string[] options) => EcoM2FProgram.RunAsync(["evaluate", tiny.Model, set.File, "-o", _folder[folder], .. options]);
}
