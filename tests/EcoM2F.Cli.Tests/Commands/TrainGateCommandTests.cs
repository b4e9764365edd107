using System.Text.Json;
using System.Text.Json.Nodes;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

/// <summary>train-gate on made-up rows for the tiny model (exits 1, 2, 3).</summary>
public sealed class TrainGateCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _model;
    private readonly string _identity;

    public TrainGateCommandTests(TinyFiles tiny)
    {
        _model = _folder["tiny"];
        TinyFiles.Copy(tiny.Model, _model);
        File.WriteAllText(Path.Combine(_model, "README.md"), "the card");
        _identity = ModelIdentity.Of(Manifest);
    }

    private ModelManifest Manifest => ModelFolder.Open(_model).Manifest;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("best-exit")]
    [InlineData("gain")]
    public async Task Classifier_ThatIsBetter_IsInstalledAndVerifies(string loss)
    {
        var json = (await TrainAsync(Rows(), "--profile", "mine", "--beta", "3", "--loss", loss, "--default", "--json")).Exits(0).Json;
        Assert.True(json["installed"]!.GetValue<bool>());
        Assert.True(json["worth_it"]!.GetValue<bool>());
        Assert.True(json["difference"]!["low"]!.GetValue<double>() > 0);
        Assert.Equal(80, json["images"]!.GetValue<int>());
        var heldOut = json["held_out"]![0]!;
        Assert.Equal(80, heldOut["gate"]!["depths"]!.AsObject().Sum(static depth => depth.Value!.GetValue<int>()));
        Assert.Equal(3, heldOut["statics"]!.AsArray().Count);

        var manifest = Manifest;
        Assert.Equal("mine", manifest.Gates!.Default);
        Assert.Equal(("classifier", 3.0), (manifest.Gates.Profiles["mine"].Kind, manifest.Gates.Profiles["mine"].Beta));
        Assert.Contains("balanced", manifest.Gates.Profiles.Keys);
        Assert.Equal(loss, manifest.Provenance!["gates"]!["mine"]!["loss"]!.GetValue<string>());
        Assert.Equal("the card", File.ReadAllText(Path.Combine(_model, "README.md")));
        Assert.Equal(_identity, ModelIdentity.Of(manifest));
        var verified = (await EcoM2FProgram.RunAsync("verify", _model, "--json")).Exits(0).Json;
        Assert.Contains("case0.gate.mine", verified["max_abs"]!.AsObject().Select(static entry => entry.Key));
        TestImages.Write(_folder["in/a.png"]);
        (await EcoM2FProgram.RunAsync("segment", _folder["in"], "-o", _folder["out"], "--model", _model, "--budget", "profile=mine")).Exits(0);
    }

    [Fact]
    public async Task Classifier_ThatIsNotBetter_IsRefusedUnlessForced()
    {
        var before = File.ReadAllText(Path.Combine(_model, "model.json"));
        var rows = Rows(signal: false);
        var run = (await TrainAsync(rows, "--profile", "balanced", "--beta", "0.3", "--loss", "gain", "--json")).Exits(1);
        Assert.False(run.Json["installed"]!.GetValue<bool>());
        run.Names("Not installed|held-out|utility");
        Assert.Contains("PQ points, 95% between", run.Error, StringComparison.Ordinal);
        Assert.Contains("--force", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Path.Combine(_model, "model.json")));

        run = (await TrainAsync(rows, "--profile", "balanced", "--beta", "0.3", "--loss", "gain", "--force", "--json")).Exits(0);
        Assert.True(run.Json["installed"]!.GetValue<bool>());
        Assert.False(run.Json["worth_it"]!.GetValue<bool>());
        Assert.Contains("Warning: ", run.Error, StringComparison.Ordinal);
        Assert.Equal(0.3, Manifest.Gates!.Profiles["balanced"].Beta);
        (await EcoM2FProgram.RunAsync("verify", _model)).Exits(0);
    }

    [Fact]
    public async Task Utility_ReplacesTheModelsOwnAndAnswersAnyBeta()
    {
        var text = (await TrainAsync(Rows(), "--kind", "utility", "--beta", "3")).Exits(0).Out;
        Assert.Contains("as utility (utility); default balanced", text, StringComparison.Ordinal);
        Assert.Contains("oracle (the targets)", text, StringComparison.Ordinal);
        Assert.Null(Manifest.Gates!.Profiles["utility"].Beta);
        TestImages.Write(_folder["in/a.png"]);
        (await EcoM2FProgram.RunAsync("segment", _folder["in"], "-o", _folder["out"], "--model", _model, "--budget", "beta=0.25")).Exits(0);
    }

    [Fact]
    public async Task TargetDepth_FindsAPriceAndShowsTheCurve()
    {
        var json = (await TrainAsync(Rows(), "--profile", "mine", "--target-depth", "2", "--loss", "gain", "--force", "--json")).Exits(0).Json;
        var (beta, curve) = (json["beta"]!.GetValue<double>(), json["curve"]!.AsArray());
        Assert.InRange(json["held_out"]![0]!["gate"]!["mean_depth"]!.GetValue<double>(), 1.9, 2.1);
        Assert.Contains(curve, point => point!["beta"]!.GetValue<double>() == beta);
        Assert.Equal(beta, Manifest.Gates!.Profiles["mine"].Beta);
    }

    [Fact]
    public async Task SameCommandTwice_GivesTheSameFilesAndTidiesUp()
    {
        var rows = Rows();
        var first = (await TrainAsync(rows, "--profile", "mine", "--beta", "3", "--json")).Exits(0).Json;
        var second = (await TrainAsync(rows, "--profile", "mine", "--beta", "3", "--json")).Exits(0).Json;
        Assert.Equal(first["files"]!.ToJsonString(), second["files"]!.ToJsonString());
        Assert.Equal("[\"canary.safetensors\"]", first["superseded"]!.ToJsonString());
        Assert.Equal("[]", second["superseded"]!.ToJsonString());
        Assert.Equal(
            Manifest.Sha256.Keys.Append("README.md").Append("model.json").Order(StringComparer.Ordinal),
            _folder.Files("tiny"));
    }

    [Fact]
    public async Task KilledWhileItInstalls_LeavesTheOldGateWholeOrTheNewOne()
    {
        var rows = Rows();
        var random = new Random(5);
        var (old, installed, kept) = (3.0, 0, 0);
        (await TrainAsync(rows, "--profile", "mine", "--beta", "3", "--loss", "gain")).Exits(0);
        for (var run = 1; run <= 8 || (kept == 0 && run <= 40); run++)
        {
            // The folder's lock says that installation begins; a kill leaves its file there, held by nobody.
            var mutex = Path.Combine(_model, ".install.lock");
            File.Delete(mutex);
            var beta = 3 + (run / 100.0);
            using var process = EcoM2FProgram.Start(["train-gate", rows, "--model", _model, "--profile", "mine", "--loss", "gain", "--beta", $"{beta:0.00}"]);
            var exited = process.WaitForExitAsync(TestContext.Current.CancellationToken);
            while (!exited.IsCompleted && !File.Exists(mutex))
            {
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }

            await Task.Delay(random.Next(0, 250) / ((run + 3) / 4), TestContext.Current.CancellationToken);
            process.Kill(); // SIGKILL
            await exited;

            var folder = ModelFolder.Open(_model);
            folder.VerifyHashes(TestContext.Current.CancellationToken);
            var now = folder.Manifest.Gates!.Profiles["mine"].Beta!.Value;
            Assert.True(now == old || now == beta, $"beta {now} is neither {old} nor {beta}");
            (installed, kept, old) = now == beta ? (installed + 1, kept, beta) : (installed, kept + 1, old);
        }

        Assert.True(kept > 0, "No run was cut off before its gate was there.");
        (await EcoM2FProgram.RunAsync("verify", _model)).Exits(0);

        // Two undisturbed ones leave nothing of those that were cut off, nor of what came before.
        (await TrainAsync(rows, "--profile", "mine", "--beta", "4", "--loss", "gain")).Exits(0);
        (await TrainAsync(rows, "--profile", "mine", "--beta", "4", "--loss", "gain")).Exits(0);
        Assert.Equal(Manifest.Sha256.Keys.Append("README.md").Append("model.json").Order(StringComparer.Ordinal), _folder.Files("tiny"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{installed} installed, {kept} cut off before");
    }

    [Theory]
    [InlineData("'model' is missing", false)]
    [InlineData("", true)]
    public async Task RowsWithoutModel_NeedToBeAskedFor(string message, bool any)
    {
        string[] options = ["--profile", "mine", "--beta", "3", .. any ? ["--any-model"] : Array.Empty<string>()];
        var run = (await TrainAsync(Rows(model: null), options)).Exits(any ? 0 : 2);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongLine_IsNamedWithFileAndField()
    {
        var rows = Rows();
        File.AppendAllText(rows, "{\"image\": \"x.jpg\"}\n");
        var run = (await TrainAsync(rows, "--profile", "mine", "--beta", "3", "--json")).Exits(2);
        Assert.All(
            (string[])[rows, "line 81", "'exits'", "missing"],
            fragment => Assert.Contains(fragment, run.Json["error"]!.GetValue<string>(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--profile|missing|classifier", "--beta", "3")]
    [InlineData("classifier|--beta|--target-depth|--max-quality-loss", "--profile", "mine")]
    [InlineData("only one|--beta|--target-depth|--max-quality-loss", "--profile", "mine", "--beta", "3", "--target-depth", "2")]
    [InlineData("--beta|'101'|numbers from 0 to 100", "--profile", "mine", "--beta", "101")]
    [InlineData("--beta|'NaN'|numbers from 0 to 100", "--profile", "mine", "--beta", "NaN")]
    [InlineData("--target-depth|4|1, 2, 3", "--profile", "mine", "--target-depth", "4")]
    [InlineData("--max-quality-loss|'x'|numbers from -100 to 100", "--profile", "mine", "--max-quality-loss", "x")]
    [InlineData("-50 PQ points|cannot be reached|from", "--profile", "mine", "--loss", "gain", "--max-quality-loss", "-50")]
    [InlineData("--holdout|'0.9'|numbers from 0.1 to 0.33", "--profile", "mine", "--beta", "3", "--holdout", "0.9")]
    [InlineData("--seed|'1.5'|whole numbers from 0", "--profile", "mine", "--beta", "3", "--seed", "1.5")]
    [InlineData("--kind|'tree'|classifier|utility", "--profile", "mine", "--beta", "3", "--kind", "tree")]
    [InlineData("--loss|'hinge'|best-exit|gain", "--profile", "mine", "--beta", "3", "--loss", "hinge")]
    [InlineData("--loss best-exit|classifiers|gain", "--kind", "utility", "--loss", "best-exit")]
    [InlineData("utility gate|default", "--kind", "utility", "--default")]
    [InlineData("utility gate|'utility'", "--kind", "utility", "--profile", "other")]
    [InlineData("'utility'|utility gate|classifier", "--profile", "utility", "--beta", "3")]
    [InlineData("'A/B'", "--profile", "A/B", "--beta", "3")]
    public async Task WrongOption_IsBadInputAndLeavesTheModel(string fragments, params string[] options)
    {
        var before = _folder.Files("tiny");
        var run = (await TrainAsync(Rows(), options)).Exits(2).Names(fragments);
        Assert.Equal(before, _folder.Files("tiny"));
    }

    private Task<ProgramRun> TrainAsync(string rows, params string[] options) =>
        EcoM2FProgram.RunAsync(["train-gate", rows, "--model", _model, .. options]);

    private string Rows(bool signal = true) => Rows(_identity, signal);

    /// <summary>Feature 0 says how much depth gains, up to 20 PQ points; or nothing does.</summary>
    private string Rows(string? model, bool signal = true)
    {
        var random = new Random(3);
        var lines = new List<string>();
        for (var i = 0; i < 80; i++)
        {
            var pooled = Enumerable.Range(0, TinyCheckpoint.Width).Select(_ => Math.Round(random.NextDouble() - 0.5, 4)).ToArray();
            pooled[0] *= 20;
            var gain = 0.2 * (signal ? (pooled[0] / 20) + 0.5 : random.NextDouble());
            var row = new JsonObject
            {
                ["image"] = $"{i}.jpg",
                ["exits"] = new JsonArray(1, 2, 3),
                ["quality"] = new JsonArray(0.3, 0.3 + (gain * 0.6), 0.3 + gain),
                ["pooled"] = JsonSerializer.SerializeToNode(pooled),
                ["size"] = new JsonArray(64, 96),
                ["dataset"] = "dddddddddddd",
            };
            if (model is not null)
            {
                row["model"] = model;
            }

            lines.Add(row.ToJsonString());
        }

        File.WriteAllLines(_folder["rows.jsonl"], lines);
        return _folder["rows.jsonl"];
    }
}
