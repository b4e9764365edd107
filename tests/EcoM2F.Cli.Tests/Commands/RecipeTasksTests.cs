using System.Text.Json.Nodes;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Results;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

/// <summary>derive and evaluate on sets of every task but panoptic, whose truths are what the model gives at an exit that is another one from image to image.</summary>
public sealed class RecipeTasksTests(TinyFiles tiny) : IDisposable
{
    private const int Images = 9;
    private const double Tolerance = 1e-6;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(TinyDataset.Instance, "mask AP")]
    [InlineData(TinyDataset.Semantic, "mIoU")]
    [InlineData(TinyDataset.Detection, "box AP")]
    public async Task DeriveAndEvaluate_Set_AgreesWithScore(string task, string metric)
    {
        var (model, set) = await MakeAsync(task);

        // 1. rows: an image is best where its truth was made
        var derived = (await DeriveAsync(model, set)).Exits(0).Json;
        Assert.Equal(metric, derived["metric"]!.GetValue<string>());
        var rows = Rows();
        Assert.Equal(Images, rows.Count);
        var exits = Array.ConvertAll([.. rows[0]["exits"]!.AsArray()], static exit => exit!.GetValue<int>());
        double[][] quality = [.. rows.Select(static row => row["quality"]!.AsArray().Select(static value => value!.GetValue<double>()).ToArray())];
        for (var i = 0; i < Images; i++)
        {
            Assert.All(quality[i], static value => Assert.InRange(value, 0, 1));
            Assert.Equal(1, quality[i][i % exits.Length], Tolerance);
        }

        Assert.True(quality.Average(static image => image.Min()) < 0.95, "Depth would not matter.");

        // 2. cut off in the middle of a row, the same command goes on
        var bytes = await File.ReadAllBytesAsync(_folder["rows.jsonl"], TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(_folder["rows.jsonl"], bytes[..(bytes.Length / 2)], TestContext.Current.CancellationToken);
        derived = (await DeriveAsync(model, set)).Exits(0).Json;
        Assert.InRange(derived["already_there"]!.GetValue<int>(), 1, Images - 1);
        Assert.Equal(Images, derived["already_there"]!.GetValue<int>() + derived["derived"]!.GetValue<int>());
        Assert.Equal(rows.Select(static row => row["quality"]!.ToJsonString()), Rows().Select(static row => row["quality"]!.ToJsonString()));

        // 3. policies: what score says of written predictions, at the exits that they chose
        (await EcoM2FProgram.RunAsync("evaluate", model, set, "-o", _folder["report"], "--policy", $"static:{exits[0]},static:{exits[^1]},oracle:0.2,mirror:0.2", "--examples", "2", "--json")).Exits(0);
        var report = JsonNode.Parse(File.ReadAllText(_folder["report/report.json"]))!;
        Assert.Equal((task, metric), (report["task"]!.GetValue<string>(), report["metric"]!.GetValue<string>()));
        Assert.Contains($"<h2>{metric} and multiply-adds</h2>", File.ReadAllText(_folder["report/report.html"]), StringComparison.Ordinal);
        int[] oracle = [.. quality.Select(image => Enumerable.Range(0, exits.Length).MaxBy(exit => (Math.Round((100 * image[exit]) - (0.2 * exits[exit]), 9), -exit)))];
        await AssertPolicyAsync(report["policies"]![0]!, model, task, quality, [.. oracle.Select(static _ => 0)]);
        await AssertPolicyAsync(report["policies"]![1]!, model, task, quality, [.. oracle.Select(_ => exits.Length - 1)]);
        await AssertPolicyAsync(report["policies"]![2]!, model, task, quality, oracle);
        Assert.InRange(report["policies"]![3]!["quality"]!.GetValue<double>(), 0, 1);

        // 4. the same again, from what was kept of each image
        var again = (await EcoM2FProgram.RunAsync("evaluate", model, set, "-o", _folder["report"], "--policy", $"static:{exits[0]},static:{exits[^1]},oracle:0.2,mirror:0.2", "--examples", "2", "--json")).Exits(0);
        again.Names($"{Images} of {Images} images|earlier run");
        Assert.True(JsonNode.DeepEquals(report, again.Json));
    }

    [Fact]
    public async Task Evaluate_TwoClassesOfOneName_StayTwo()
    {
        // The detector's classes LABEL_1 and LABEL_3 as COCO's lists have them.
        var (model, set) = await MakeAsync(TinyDataset.Detection);
        foreach (var file in (string[])[Path.Combine(model, ModelManifest.FileName), _folder["set/truth.json"]])
        {
            var text = File.ReadAllText(file);
            Assert.Contains("LABEL_1", text, StringComparison.Ordinal);
            File.WriteAllText(file, text.Replace("LABEL_1", "N/A", StringComparison.Ordinal).Replace("LABEL_3", "N/A", StringComparison.Ordinal));
        }

        var truth = JsonNode.Parse(File.ReadAllText(_folder["set/truth.json"]))!["annotations"]!.AsArray();
        Assert.Superset(new HashSet<int> { 1, 3 }, truth.Select(static item => item!["category_id"]!.GetValue<int>()).ToHashSet());
        (await EcoM2FProgram.RunAsync("evaluate", model, set, "-o", _folder["report"], "--policy", "static:1")).Exits(0);
        var perClass = JsonNode.Parse(File.ReadAllText(_folder["report/report.json"]))!["policies"]![0]!["per_class"]!.AsObject();
        var score = await ScoreAsync(model, TinyDataset.Detection, new int[Images]);
        Assert.NotEqual(perClass["1"]!.GetValue<double>(), perClass["3"]!.GetValue<double>());
        foreach (var (id, value) in perClass)
        {
            Assert.Equal(score["per_class"]![id]!.GetValue<double>(), value!.GetValue<double>(), Tolerance);
        }
    }

    private async Task<(string Model, string Set)> MakeAsync(string task)
    {
        var model = tiny.Model;
        if (task == TinyDataset.Detection)
        {
            model = _folder["detector"];
            TinyDetector.CompileTo(model);
        }

        return (model, await TinyDataset.WriteAsync(_folder["set"], model, Images, task));
    }

    private Task<ProgramRun> DeriveAsync(string model, string set) => EcoM2FProgram.RunAsync("derive", model, set, "-o", _folder["rows.jsonl"], "--json");

    private List<JsonNode> Rows() => [.. File.ReadLines(_folder["rows.jsonl"]).Select(static line => JsonNode.Parse(line)!)];

    private async Task AssertPolicyAsync(JsonNode policy, string model, string task, double[][] quality, int[] choices)
    {
        var score = await ScoreAsync(model, task, choices);
        Assert.Equal(score[task == TinyDataset.Semantic ? "miou" : "AP"]!.GetValue<double>(), policy["quality"]!.GetValue<double>(), Tolerance);
        Assert.Equal(choices.Select((exit, i) => quality[i][exit]).Average(), policy["image_quality"]!.GetValue<double>(), Tolerance);
        Assert.All(policy["per_class"]!.AsObject(), item => Assert.Equal(
            (task == TinyDataset.Semantic ? score["iou"]![int.Parse(item.Key, System.Globalization.CultureInfo.InvariantCulture)] : score["per_class"]![item.Key])!.GetValue<double>(),
            item.Value!.GetValue<double>(),
            Tolerance));
    }

    /// <summary>What <c>score</c> says of the model's results, each image's at one exit, as another program would write them.</summary>
    /// <param name="choices">Index of the exit, by image.</param>
    private async Task<JsonObject> ScoreAsync(string model, string task, int[] choices)
    {
        var folder = Directory.CreateDirectory(_folder["predictions"]).FullName;
        var objects = new JsonArray();
        using var engine = ExitsEngine.Open(model, "cpu", TestContext.Current.CancellationToken);
        for (var i = 0; i < choices.Length; i++)
        {
            using var prepared = engine.Prepare(await File.ReadAllBytesAsync(_folder[$"set/images/{i:000}.png"], TestContext.Current.CancellationToken), mirrored: false, TestContext.Current.CancellationToken);
            using var run = await engine.RunAsync(prepared, gates: false, similarities: false, TestContext.Current.CancellationToken);
            var result = engine.ToResult(run, choices[i], Enum.Parse<SegmentationTasks>(task, ignoreCase: true), TestContext.Current.CancellationToken);
            if (task == TinyDataset.Semantic)
            {
                await File.WriteAllBytesAsync(Path.Combine(folder, $"{i:000}.png"), TinyTruth.EncodeLabels(result.Semantic!), TestContext.Current.CancellationToken);
                continue;
            }

            foreach (var found in JsonNode.Parse(ResultJson.Serialize(result))![task]!.AsArray())
            {
                found!["image_id"] = i;
                objects.Add(found.DeepClone());
            }
        }

        await File.WriteAllTextAsync(_folder["predictions.json"], objects.ToJsonString(), TestContext.Current.CancellationToken);
        string[] files = task == TinyDataset.Semantic ? ["--gt", _folder["set/truth"], "--pred", folder] : ["--gt", _folder["set/truth.json"], "--pred", _folder["predictions.json"]];
        return (await EcoM2FProgram.RunAsync(["score", task, .. files, "--json"])).Exits(0).Json;
    }
}
