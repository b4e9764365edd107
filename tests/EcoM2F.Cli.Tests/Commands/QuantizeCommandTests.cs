using System.Security.Cryptography;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.Quantize;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Quantization;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

public sealed class QuantizeCommandTests : IDisposable
{
    private const int Photos = 9;

    /// <summary>What random weights lose says nothing; a run that must succeed allows all of it.</summary>
    private const string AnyLoss = "--max-loss=100";

    private readonly TinyFiles _tiny;
    private readonly TemporaryFolder _folder = new();

    public QuantizeCommandTests(TinyFiles tiny)
    {
        _tiny = tiny;
        TestImages.WriteMany(_folder["photos"], Photos);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Quantize_Copy_RunsEverywhereAsItsPrecision()
    {
        var json = (await EcoM2FProgram.RunAsync("quantize", _tiny.Model, _folder["photos"], "-o", _folder["model"], AnyLoss, "--json")).Exits(0).Json;

        Assert.Equal((Photos, "PQ"), (json["photos"]!.GetValue<int>(), json["metric"]!.GetValue<string>()));
        Assert.True(json["bytes_added"]!.GetValue<long>() > 0);
        Assert.Equal(3, json["agreement"]!["int8"]!.AsArray().Count);
        var record = ModelFolder.Open(_folder["model"]).Manifest.Precisions![GraphPrecisions.EightBits];
        Assert.Equal(json["groups"]!.ToJsonString(), record.Measured!["groups"]!.ToJsonString());
        Assert.Equal(["model", "photos"], Entries());

        (await EcoM2FProgram.RunAsync("verify", _folder["model"])).Exits(0);
        var verified = (await EcoM2FProgram.RunAsync("verify", _folder["model"], "--precision", "int8")).Exits(0).Out;
        Assert.Contains(".int8.onnx", verified, StringComparison.Ordinal);
        (await EcoM2FProgram.RunAsync("segment", _folder["photos"], "-o", _folder["out"], "--model", _folder["model"], "--precision", "int8")).Exits(0);
        var bench = (await EcoM2FProgram.RunAsync("bench", _folder["model"], "--size", "64x96", "--rounds", "1", "--exits", "3", "--precision", "fp32,int8", "--profile", "--json")).Exits(0).Json;
        Assert.Equal(["fp32", "int8"], bench["exits"]!.AsArray().Select(static exit => exit!["precision"]!.GetValue<string>()));
        (await EcoM2FProgram.RunAsync("derive", _folder["model"], _folder["photos"], "-o", _folder["rows.jsonl"], "--precision", "int8")).Exits(0);
        Assert.Contains("\"precision\":\"int8\"", await File.ReadAllTextAsync(_folder["rows.jsonl"], TestContext.Current.CancellationToken), StringComparison.Ordinal);
        (await EcoM2FProgram.RunAsync("derive", _folder["model"], _folder["photos"], "-o", _folder["rows.jsonl"])).Exits(2).Names("is of int8 graphs, and this run is of fp32");
    }

    [Fact]
    public async Task Quantize_InPlace_ReplacesOnlyWhenForced()
    {
        TinyFiles.Copy(_tiny.Model, _folder["model"]);
        var text = (await EcoM2FProgram.RunAsync("quantize", _folder["model"], _folder["photos"], AnyLoss)).Exits(0).Out;
        Assert.Contains("encoder feed-forward", text, StringComparison.Ordinal);
        Assert.Contains("points of agreement, allowed 100", text, StringComparison.Ordinal);
        var before = Hashes("model");

        (await EcoM2FProgram.RunAsync("quantize", _folder["model"], _folder["photos"], AnyLoss)).Exits(2).Names("has int8 graphs already|--force|-o");
        Assert.Equal(before, Hashes("model"));
        (await EcoM2FProgram.RunAsync("quantize", _folder["model"], _folder["photos"], AnyLoss, "--force")).Exits(0);
        (await EcoM2FProgram.RunAsync("verify", _folder["model"], "--precision", "int8")).Exits(0);
    }

    [Fact]
    public async Task Quantize_GroupsInFp32_AreNotTried()
    {
        var json = (await EcoM2FProgram.RunAsync("quantize", _tiny.Model, _folder["photos"], "-o", _folder["model"], AnyLoss, "--fp32", "backbone convolutions, decoder products", "--json")).Exits(0).Json;

        Assert.Equal(["backbone convolutions", "decoder products"], json["fp32_groups"]!.AsArray().Select(static name => name!.GetValue<string>()));
        Assert.DoesNotContain("backbone convolutions", json["groups"]!.AsArray().Select(static group => group!["group"]!.GetValue<string>()));
        var manifest = ModelFolder.Open(_folder["model"]).Manifest;
        Assert.DoesNotContain(manifest.Graphs, static graph => graph is { Precision: GraphPrecisions.EightBits, Stage: GraphStages.Stem });
        Assert.Equal("backbone convolutions", manifest.Precisions![GraphPrecisions.EightBits].Measured!["fp32_groups"]![0]!.GetValue<string>());
        (await EcoM2FProgram.RunAsync("verify", _folder["model"], "--precision", "int8")).Exits(0);
    }

    [Fact]
    public async Task Quantize_Interrupted_MeasuresOnlyWhatIsMissing()
    {
        var options = new QuantizeOptions(_tiny.Model, _folder["photos"], _folder["model"]) { MaxLoss = 100, MostPhotos = Photos, Force = false };
        var report = new Report(json: true);
        using var cancelled = new CancellationTokenSource();
        var measured = 0;
        var first = new QuantizeRun(options, report) { Measured = () => ((measured++ == 1) ? cancelled : null)?.Cancel() };
        Assert.Equal(ExitCode.Interrupted, await CommandRunner.RunAsync(report, () => first.RunAsync(cancelled.Token)));
        Assert.Equal([".model.quantize", "photos"], Entries());
        Assert.Equal(2, measured);

        (await EcoM2FProgram.RunAsync("quantize", _tiny.Model, _folder["photos"], "-o", _folder["whole"], AnyLoss)).Exits(0);
        var groups = ModelFolder.Open(_folder["whole"]).Manifest.Precisions![GraphPrecisions.EightBits].Measured!["groups"]!.AsArray().Count;
        var second = new QuantizeRun(options, report) { Measured = () => measured++ };
        Assert.Equal(ExitCode.Done, await CommandRunner.RunAsync(report, () => second.RunAsync(TestContext.Current.CancellationToken)));
        Assert.InRange(measured, groups + 1, groups + 2); // every group and all of them; once more where a stage is slower here
        Assert.Equal(["model", "photos", "whole"], Entries());
        (await EcoM2FProgram.RunAsync("verify", _folder["model"], "--precision", "int8")).Exits(0);
    }

    [Fact]
    public void Journal_OfOtherPhotosOrCutOff_IsBegunAnew()
    {
        var (path, agreement) = (_folder["journal"], new PrecisionAgreement([0.5, 1], [0.25, 0.75]));
        using (var journal = QuantizeJournal.Open(path))
        {
            Assert.Equal(0, journal.Read("model photos"));
            journal.Add(["a", "b"], agreement);
            Assert.Contains("another run", Assert.Throws<CliException>(() => QuantizeJournal.Open(path)).Message, StringComparison.Ordinal);
        }

        using (var again = QuantizeJournal.Open(path))
        {
            Assert.Null(again.Read("model other")); // and is still there
            Assert.Null(again.Find(["a", "b"]));
            Assert.Equal(1, again.Read("model photos"));
            Assert.Equal([0.25, 0.75], again.Find(["b", "a"])!.Other);
            Assert.Null(again.Find(["a"]));
        }

        File.WriteAllText(path, File.ReadAllText(path)[..^9]);
        using (var cut = QuantizeJournal.Open(path))
        {
            Assert.Equal(0, cut.Read("model photos"));
            cut.Add(["a"], agreement);
            cut.Forget();
        }

        Assert.Equal(["photos"], Entries());
    }

    /// <summary>Whether random weights lose anything depends on the machine's rounding; that a loss is never written does not.</summary>
    [Fact]
    public async Task Quantize_NoLossAllowed_KeepsItOrExitsOneAndWritesNothing()
    {
        TinyFiles.Copy(_tiny.Model, _folder["model"]);
        var before = Hashes("model");

        var run = await EcoM2FProgram.RunAsync("quantize", _folder["model"], _folder["photos"], "--max-loss", "0", "--json");

        var loss = run.Json["loss"]?.GetValue<double>();
        Assert.Equal(loss is null ? 1 : 0, run.ExitCode);
        Assert.Equal(loss is null, before.SequenceEqual(Hashes("model")));
        Assert.InRange(loss ?? 0, -100, 0);
    }

    [Fact]
    public async Task Quantize_BadInput_IsToldAndNothingIsWritten()
    {
        TestImages.WriteMany(_folder["few"], 7);
        Directory.CreateDirectory(_folder["empty"]);
        _folder.Write("file", "x");
        await RefuseAsync("has no photographs", _folder["empty"]);
        await RefuseAsync("has 7 photographs; quantize needs 8", _folder["few"]);
        await RefuseAsync("does not exist", _folder["none"]);
        await RefuseAsync("exists already", _folder["photos"], "-o", _folder["empty"]);
        await RefuseAsync("cannot be made", _folder["photos"], "-o", _folder["file/model"]);
        await RefuseAsync("cannot be written", _folder["photos"], "-o", "/proc/ecom2f"); // where nobody may write, not even root
        await RefuseAsync("--max-loss|'-1'|numbers from 0 to 100", _folder["photos"], "--max-loss=-1");
        await RefuseAsync("--photos|'3'|whole numbers from 8", _folder["photos"], "--photos", "3");
        await RefuseAsync("--fp32: 'backbone' is not a group|backbone convolutions, encoder", _folder["photos"], "--fp32", "backbone");
        await RefuseAsync(
            "--fp32 leaves nothing", _folder["photos"],
            "--fp32", "backbone convolutions,encoder projections,encoder sampling,encoder feed-forward,decoder convolutions,decoder products");
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_folder.Path), static path => Path.GetFileName(path).StartsWith('.'));
    }

    [Theory]
    [InlineData("verify")]
    [InlineData("derive", "photos", "-o", "rows.jsonl")]
    [InlineData("evaluate", "photos", "-o", "report")]
    [InlineData("bench")]
    public async Task Precision_ModelHasNone_IsRefused(string command, params string[] arguments)
    {
        string[] placed = [.. arguments.Select(word => word.StartsWith('-') ? word : _folder[word])];
        (await EcoM2FProgram.RunAsync([command, _tiny.Model, .. placed, "--precision", "int8"])).Exits(2).Names("has no int8 graphs|quantize");
    }

    private async Task RefuseAsync(string message, params string[] arguments) =>
        (await EcoM2FProgram.RunAsync(["quantize", _tiny.Model, .. arguments])).Exits(2).Names(message);

    private IEnumerable<string> Entries() => Directory.EnumerateFileSystemEntries(_folder.Path).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private SortedDictionary<string, string> Hashes(string folder) => new(
        Directory.EnumerateFiles(_folder[folder]).ToDictionary(static file => Path.GetFileName(file), static file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))),
        StringComparer.Ordinal);
}
