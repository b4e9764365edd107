using EcoM2F.Cli.Adapt;
using EcoM2F.Cli.Output;
using EcoM2F.Compiler;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

public sealed class AdaptCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public AdaptCommandTests()
    {
        Write("checkpoint", exits: 2);
        TestImages.WriteMany(_folder["photos"], AdaptPhotos.Fewest);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Adapt_CheckpointAndPhotos_GiveAModelThatServes()
    {
        string[] command = ["adapt", _folder["checkpoint"], _folder["photos"], "-o", _folder["models/mine"], "--report", _folder["report"], "--json"];
        var run = (await EcoM2FProgram.RunAsync(command)).Exits(0).Names("Step 1 of 7|Step 7 of 7|32 photographs to fit on, 8 held out");
        var json = run.Json;
        Assert.Equal("[32,64]", json["sizes"]!.ToJsonString());
        Assert.Equal(8, json["held_out"]!.AsArray().Count);
        Assert.Equal(
            ["static:64/2", "gate:balanced", "gate:best", "gate:fast"],
            json["policies"]!.AsArray().Select(static policy => policy!["policy"]!.GetValue<string>()).Where(static name => !name.StartsWith("utility", StringComparison.Ordinal)));
        Assert.Equal(1, json["policies"]![0]!["agreement"]!.GetValue<double>());
        Assert.Equal(["fast", "balanced", "best", "utility"], json["gates"]!.AsObject().Select(static gate => gate.Key));
        Assert.All(json["gates"]!.AsObject(), static gate => Assert.NotEmpty(gate.Value!["fixed"]!.AsArray()));

        Assert.Equal(["adapt.json", "derived.jsonl", "measured.jsonl", "report.html", "report.json"], Names(_folder["report"]).Where(static name => !name.StartsWith('.')));
        Assert.Equal(["mine"], Names(_folder["models"]));
        var model = ModelFolder.Open(_folder["models/mine"]);
        Assert.Equal(model.Manifest.Sha256.Keys.Append(ModelManifest.FileName).Order(StringComparer.Ordinal), Names(model.Path));
        Assert.Equal(("mine", "balanced"), (model.Manifest.Name, model.Manifest.Gates!.Default));
        (await EcoM2FProgram.RunAsync("verify", model.Path)).Exits(0);
        (await EcoM2FProgram.RunAsync("segment", Path.Combine(_folder["photos"], "000.png"), "-o", _folder["out"], "--model", model.Path)).Exits(0);
        (await EcoM2FProgram.RunAsync(command)).Exits(2).Names("exists already");
    }

    [Fact]
    public async Task Adapt_EndedBeforeEachStep_GoesOnAndTakesNothingElse()
    {
        for (var step = 2; step <= 7; step++)
        {
            await Assert.ThrowsAsync<KilledException>(() => RunAsync(Options, step));
            Assert.False(Path.Exists(Options.Output));
            Assert.False(Path.Exists(Options.Report));
        }

        using var cancelled = new CancellationTokenSource();
        var quiet = new Report(json: true);
        var run = new AdaptRun(Options, quiet) { Starting = step => (step == 7 ? cancelled : null)?.Cancel() };
        Assert.Equal(ExitCode.Interrupted, await CommandRunner.RunAsync(quiet, () => run.RunAsync(cancelled.Token)));

        await RefuseAsync<CliException>("--holdout 0.2, not 0.3", Options with { Holdout = 0.3 });
        await RefuseAsync<CliException>("--sizes default, not 32", Options with { Sizes = "32" });
        TestImages.Write(_folder["photos/more.png"], 50);
        await RefuseAsync<CliException>("another PHOTOS", Options);
        File.Delete(_folder["photos/more.png"]);
        File.WriteAllText(_folder["checkpoint/generation_config.json"], "{}");
        await RefuseAsync<CliException>("another CHECKPOINT", Options);
        File.Delete(_folder["checkpoint/generation_config.json"]);
        _folder.Write("report/mine.txt", "x");
        await RefuseAsync<CliException>("exists already; choose another folder for the report", Options);
        Directory.Delete(_folder["report"], recursive: true);

        await RunAsync(Options);
        ModelFolder.Open(Options.Output).VerifyHashes(TestContext.Current.CancellationToken);
        Assert.Equal(["checkpoint", "model", "photos", "report"], Names(_folder.Path));
    }

    [Fact]
    public async Task Adapt_FixedSize_ChoosesDepths()
    {
        Write("other", exits: 2);
        FixSize(_folder["other"]);
        await RunAsync(Options with { Checkpoint = _folder["other"] });
        var model = ModelFolder.Open(Options.Output).Manifest;
        Assert.False(model.HasSizes);
        Assert.Equal(4, model.Gates!.Profiles.Count);
    }

    [Fact]
    public async Task Adapt_OneExitThatFindsHardlyAnything_IsTold()
    {
        Write("other", exits: 1);
        await RefuseAsync<RecipeException>("6 images are too few", Options with { Checkpoint = _folder["other"] });
        Assert.False(Path.Exists(Options.Output));
    }

    [Fact]
    public async Task Adapt_BadInput_IsToldAndNothingIsWritten()
    {
        Directory.CreateDirectory(_folder["empty"]);
        TestImages.WriteMany(_folder["few"], 12);
        File.Copy(_folder["few/000.png"], _folder["few/copy.png"]);
        _folder.Write("few/broken.jpg", "x");
        TinyCheckpoint.Write(_folder["one"], exits: 1, gates: false);
        FixSize(_folder["one"]);
        TinyCheckpoint.Write(_folder["spoilt"], gates: false);
        _folder.Write("spoilt/config.json", "{}");
        await RefuseAsync<RecipeException>("has no photographs", Options with { Photos = _folder["empty"] });
        await RefuseAsync<RecipeException>("12 can be used; adapting needs 40|copy.png is left out|broken.jpg is left out", Options with { Photos = _folder["few"] });
        await RefuseAsync<RecipeException>("does not exist", Options with { Photos = _folder["none"] });
        await RefuseAsync<CliException>("is no checkpoint", Options with { Checkpoint = _folder["photos"] });
        await RefuseAsync<CompileException>("class_predictor", Options with { Checkpoint = _folder["spoilt"] });
        await RefuseAsync<CompileException>("'wide'", Options with { Sizes = "wide" });
        await RefuseAsync<CliException>("nothing can be chosen", Options with { Checkpoint = _folder["one"] });
        await RefuseAsync<CliException>("exists already", Options with { Output = _folder["empty"] });
        await RefuseAsync<CliException>("name 'My model' is not allowed", Options with { Name = "My model" });
        Assert.Equal(["checkpoint", "empty", "few", "one", "photos", "spoilt"], Names(_folder.Path));
    }

    [Fact]
    public async Task Adapt_Usage_NamesWhatIsAllowed()
    {
        (await EcoM2FProgram.RunAsync("adapt", _folder["checkpoint"], _folder["photos"])).Exits(2).Names("--output");
        (await EcoM2FProgram.RunAsync("adapt", _folder["checkpoint"], _folder["photos"], "-o", _folder["model"], "--holdout", "0.9")).Exits(2).Names("--holdout|'0.9'|numbers from 0.05 to 0.5");
    }

    private AdaptOptions Options => new()
    {
        Checkpoint = _folder["checkpoint"],
        Photos = _folder["photos"],
        Output = _folder["model"],
        Report = _folder["report"],
        Version = "1",
        FitPhotos = 120,
        Holdout = 0.2,
        Provider = "cpu",
    };

    private static Task<int> RunAsync(AdaptOptions options, int killedBefore = 0) =>
        new AdaptRun(options, new Report(json: true)) { Starting = step => _ = step == killedBefore ? throw new KilledException() : 0 }.RunAsync(TestContext.Current.CancellationToken);

    private static async Task RefuseAsync<TException>(string fragments, AdaptOptions options)
        where TException : Exception
    {
        var exception = await Assert.ThrowsAsync<TException>(() => RunAsync(options));
        Assert.All(fragments.Split('|'), fragment => Assert.Contains(fragment, exception.Message, StringComparison.Ordinal));
    }

    /// <summary>A checkpoint whose results have segments on every photograph, so that there is something to agree with.</summary>
    private void Write(string name, int exits)
    {
        TinyCheckpoint.Write(_folder[name], exits: exits, gates: false);
        var file = _folder[$"{name}/ecom2f.json"];
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"score_threshold\": 0.3", "\"score_threshold\": 0.05", StringComparison.Ordinal));
    }

    private static void FixSize(string checkpoint)
    {
        var file = Path.Combine(checkpoint, "preprocessor_config.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"shortest_edge\": 64, \"longest_edge\": 96", "\"height\": 64, \"width\": 64", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Names(string folder) => Directory.EnumerateFileSystemEntries(folder).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private sealed class KilledException : Exception;
}
