using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

public sealed partial class EvaluateCommandTests(TinyFiles tiny, PanopticSet set) : IClassFixture<PanopticSet>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Evaluate_Static_EqualsSegmentThenScore(int exit)
    {
        var report = (await EvaluateAsync("--policy", $"static:{exit}", "--json")).Exits(0).Json;
        var policy = Assert.Single(report["policies"]!.AsArray())!;

        (await EcoM2FProgram.RunAsync("segment", Path.Combine(set.Folder, "images"), "-o", _folder["out"], "--model", tiny.Model, "--budget", $"depth={exit}")).Exits(0);
        File.WriteAllText(_folder["pred.json"], Predictions().ToJsonString());
        var score = (await EcoM2FProgram.RunAsync("score", "panoptic", "--gt", Path.Combine(set.Folder, "truth.json"), "--gt-folder", Path.Combine(set.Folder, "truth"), "--pred", _folder["pred.json"], "--pred-folder", _folder["out"], "--json")).Exits(0).Json;
        Assert.Equal(score["pq"]!.GetValue<double>(), policy["quality"]!.GetValue<double>(), 1e-4);
        Assert.InRange(policy["quality"]!.GetValue<double>(), 0.01, 1);
        Assert.Equal(exit, policy["mean_depth"]!.GetValue<double>());
    }

    [Fact]
    public async Task Evaluate_EveryPolicy_FillsTheReport()
    {
        const string Policies = "static:1,static:2,static:3,gate:balanced,utility:0.5,oracle:2,random,random:fast,mirror:0,saturation:0.5";
        var run = (await EvaluateAsync("--policy", Policies, "--seed", "7", "--json")).Exits(0);
        var report = JsonNode.Parse(File.ReadAllText(_folder["report/report.json"]))!.AsObject();
        Assert.True(JsonNode.DeepEquals(report, run.Json));
        Assert.Equal(("tiny", "panoptic", PanopticSet.Images), (report["model"]!.GetValue<string>(), report["task"]!.GetValue<string>(), report["images"]!.GetValue<int>()));
        var policies = report["policies"]!.AsArray();
        Assert.Equal(Policies.Replace("random,", "random:balanced,", StringComparison.Ordinal).Split(','), policies.Select(static policy => policy!["policy"]!.GetValue<string>()));
        Assert.All(policies, static policy => AssertPolicy(policy!.AsObject()));
        Assert.All(report["comparisons"]!.AsArray(), static item =>
        {
            Assert.Equal(["against", "detectable", "difference", "high", "low", "policy"], item!.AsObject().Select(static field => field.Key).Order());
            Assert.True(Number(item, "low") <= Number(item, "high"));
            Assert.Equal((Number(item, "high") - Number(item, "low")) / 2, Number(item, "detectable"), 1e-9);
        });
        Assert.Contains(report["comparisons"]!.AsArray(), static item => item!["policy"]!.GetValue<string>() == "gate:balanced" && item["against"]!.GetValue<string>() == "static:3");
        AssertPage(File.ReadAllText(_folder["report/report.html"]));
    }

    [Fact]
    public async Task Evaluate_SameSeed_GivesTheSameNumbers()
    {
        var first = (await EvaluateAsync("--policy", "random,gate:best", "--seed", "5", "--examples", "0", "--json")).Exits(0).Json;
        var second = (await EvaluateAsync("--policy", "random,gate:best", "--seed", "5", "--examples", "0", "--json")).Exits(0).Json;
        foreach (var policy in first["policies"]!.AsArray().Concat(second["policies"]!.AsArray()))
        {
            Assert.True(policy!.AsObject().Remove("milliseconds") && policy.AsObject().Remove("images_per_second"));
        }

        Assert.Equal(first["policies"]!.ToJsonString(), second["policies"]!.ToJsonString());
        Assert.Equal(first["comparisons"]!.ToJsonString(), second["comparisons"]!.ToJsonString());
        Assert.DoesNotContain("<img", File.ReadAllText(_folder["report/report.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_KilledAndGivenAgain_GoesOnWhereItWas()
    {
        (await EvaluateAsync("--policy", "gate:best,saturation:0.5")).Exits(0);
        var whole = File.ReadAllLines(_folder["report/measured.jsonl"]);
        Assert.Equal(PanopticSet.Images, whole.Length);
        var kept = PanopticSet.Images;
        for (var attempt = 0; attempt < 20 && kept is 0 or PanopticSet.Images; attempt++)
        {
            kept = await KillAfterFirstLineAsync("--policy", "gate:best,saturation:0.5");
        }

        Assert.InRange(kept, 1, PanopticSet.Images - 1);
        var measured = File.ReadAllText(_folder["report/measured.jsonl"]);
        File.AppendAllText(_folder["report/measured.jsonl"], measured.EndsWith('\n') ? "{\"run\":\"cut o" : "");
        var again = (await EvaluateAsync("--policy", "gate:best,saturation:0.5")).Exits(0);
        again.Names($"{kept} of {PanopticSet.Images} images|earlier run");
        var lines = File.ReadAllLines(_folder["report/measured.jsonl"]);
        Assert.StartsWith(measured[..(measured.LastIndexOf('\n') + 1)], string.Join('\n', lines) + "\n", StringComparison.Ordinal);
        Assert.Equal(whole.Select(QualityOf), lines.Select(QualityOf));
    }

    [Fact]
    public async Task Evaluate_OtherPolicies_MeasuresOnlyWhatTheyNeed()
    {
        (await EvaluateAsync("--policy", "static:1")).Exits(0);
        var first = File.ReadAllText(_folder["report/measured.jsonl"]);
        var statics = (await EvaluateAsync("--policy", "gate:best,static:3", "--json")).Exits(0);
        statics.Names($"{PanopticSet.Images} of {PanopticSet.Images} images|earlier run");
        Assert.Equal(first, File.ReadAllText(_folder["report/measured.jsonl"]));
        var fresh = (await EcoM2FProgram.RunAsync("evaluate", tiny.Model, set.File, "-o", _folder["other"], "--policy", "gate:best,static:3", "--json")).Exits(0).Json;
        Assert.Equal(Qualities(fresh), Qualities(statics.Json));

        (await EvaluateAsync("--policy", "mirror:0")).Exits(2).Names("measured.jsonl|mirror");
        Assert.Equal(first, File.ReadAllText(_folder["report/measured.jsonl"]));
    }

    [Theory]
    [InlineData("measured.jsonl|not a measurement", "line 1 of mine\n")]
    [InlineData("measured.jsonl|not a measurement", "{\"run\":\"x\",\"image\":{\"counts\":[{}]}}\n")]
    [InlineData("measured.jsonl|another model|gate|device|data set", null)]
    public async Task Evaluate_FileOfSomethingElse_IsLeftAlone(string fragments, string? text)
    {
        (await EvaluateAsync("--policy", "static:1", "--examples", "0")).Exits(0);
        var path = _folder["report/measured.jsonl"];
        File.WriteAllText(path, text ?? File.ReadAllText(path).Replace("{\"run\":\"1 ", "{\"run\":\"0 ", StringComparison.Ordinal));
        var before = File.ReadAllText(path);
        (await EvaluateAsync("--policy", "static:1")).Exits(2).Names(fragments);
        Assert.Equal(before, File.ReadAllText(path));
    }

    [Theory]
    [InlineData("--policy|'static:9'|'tiny'|1, 2, 3", "static:9")]
    [InlineData("--policy|'<script>'|static:K|gate:PROFILE", "<script>")]
    public async Task Evaluate_WrongPolicy_NamesWhatIsAllowed(string fragments, string policy)
    {
        var run = (await EvaluateAsync("--policy", policy, "--json")).Exits(2);
        var error = run.Json["error"]!.GetValue<string>();
        Assert.All(fragments.Split('|'), fragment => Assert.Contains(fragment, error, StringComparison.Ordinal));
        Assert.False(Directory.Exists(_folder["report"]));
    }

    [Theory]
    [InlineData("--examples|99|0 to 24", "--examples", "99")]
    [InlineData("--seed", "--seed", "-1")]
    public async Task Evaluate_WrongCommandLine_NamesWhatIsAllowed(string fragments, params string[] options) =>
        (await EvaluateAsync(options)).Exits(2).Names(fragments);

    private static void AssertPolicy(JsonObject policy)
    {
        Assert.Equal(
            ["depths", "gmacs", "high", "image_quality", "images_per_second", "low", "mean_depth", "milliseconds", "per_class", "policy", "quality"],
            policy.Select(static field => field.Key).Order());
        Assert.InRange(Number(policy, "quality"), Number(policy, "low") - 0.05, Number(policy, "high") + 0.05);
        Assert.InRange(Number(policy, "mean_depth"), 1, 3);
        var depths = policy["depths"]!.AsObject();
        Assert.Equal(PanopticSet.Images, depths.Sum(static entry => entry.Value!.GetValue<int>()));
        Assert.Equal(Number(policy, "mean_depth"), depths.Sum(static entry => int.Parse(entry.Key, System.Globalization.CultureInfo.InvariantCulture) * entry.Value!.GetValue<int>()) / (double)PanopticSet.Images, 1e-9);
        Assert.True(Number(policy, "gmacs") > 0);
        Assert.Equal(1000 / Number(policy, "milliseconds"), Number(policy, "images_per_second"), 1e-6);
        Assert.NotEmpty(policy["per_class"]!.AsObject());
    }

    private static void AssertPage(string page)
    {
        Assert.DoesNotMatch(References(), Pictures().Replace(page, "data:"));
        Assert.Contains("data:image/webp;base64,", page, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme", page, StringComparison.Ordinal);
        Assert.Contains("width=device-width", page, StringComparison.Ordinal);
        Assert.Contains("<title>gate:balanced: ", page, StringComparison.Ordinal); // a mark of the chart
    }

    private static double Number(JsonNode node, string field) => node[field]!.GetValue<double>();

    /// <summary>Anything that a browser would fetch or run.</summary>
    [GeneratedRegex("""https?://|//[a-z]|<script|<link|<iframe|@import|url\(|src="(?!data:)|href=|\son[a-z]+=""", RegexOptions.IgnoreCase)]
    private static partial Regex References();

    [GeneratedRegex("data:image/webp;base64,[A-Za-z0-9+/=]*")]
    private static partial Regex Pictures();

    private JsonObject Predictions() => new()
    {
        ["categories"] = JsonNode.Parse(File.ReadAllText(Path.Combine(set.Folder, "truth.json")))!["categories"]!.DeepClone(),
        ["annotations"] = new JsonArray([.. Enumerable.Range(0, PanopticSet.Images).Select(i => (JsonNode)new JsonObject
        {
            ["image_id"] = i,
            ["file_name"] = $"{i:000}.png",
            ["segments_info"] = new JsonArray([.. JsonNode.Parse(File.ReadAllText(_folder[$"out/{i:000}.json"]))!["panoptic"]!["segments_info"]!.AsArray()
                .Select(static segment => (JsonNode)new JsonObject { ["id"] = segment!["id"]!.GetValue<int>(), ["category_id"] = segment["category_id"]!.GetValue<int>() })]),
        })]),
    };

    /// <returns>How many whole lines a run left that was killed once it had begun to write.</returns>
    private async Task<int> KillAfterFirstLineAsync(params string[] options)
    {
        var path = _folder["report/measured.jsonl"];
        File.Delete(path);
        using var process = EcoM2FProgram.Start(Command(options));
        var exited = process.WaitForExitAsync(TestContext.Current.CancellationToken);
        while (!exited.IsCompleted && (!File.Exists(path) || new FileInfo(path).Length == 0))
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        process.Kill(); // SIGKILL
        await exited;
        return File.ReadAllText(path).Count(static c => c == '\n');
    }

    private static string QualityOf(string line) => JsonNode.Parse(line)!["image"]!["quality"]!.ToJsonString();

    private static IEnumerable<string> Qualities(JsonNode report) => report["policies"]!.AsArray().Select(static policy => policy!["quality"]!.ToJsonString());

    private Task<ProgramRun> EvaluateAsync(params string[] options) => EcoM2FProgram.RunAsync(Command(options));

    private string[] Command(params string[] options) => ["evaluate", tiny.Model, set.File, "-o", _folder["report"], .. options];
}
