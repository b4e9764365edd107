using System.Text.Json.Nodes;
using EcoM2F.Inference.Models;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

public sealed class FitExitsCommandTests : IDisposable
{
    private const int Photos = 10;

    private readonly TinyFiles _tiny;
    private readonly TemporaryFolder _folder = new();

    public FitExitsCommandTests(TinyFiles tiny)
    {
        _tiny = tiny;
        TestImages.WriteMany(_folder["photos"], Photos);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task FitExits_Copy_IsAModelLikeAnyOther()
    {
        var json = (await EcoM2FProgram.RunAsync("fit-exits", _tiny.Model, _folder["photos"], "-o", _folder["fitted"], "--json")).Exits(0).Names("the gates fast, balanced, best, utility stay").Json;
        Assert.Equal((Photos, 2, "PQ"), (json["photos"]!.GetValue<int>(), json["held_out"]!.GetValue<int>(), json["metric"]!.GetValue<string>()));
        Assert.Equal(["1", "2"], json["exits"]!.AsObject().Select(static exit => exit.Key));
        Assert.All(json["exits"]!.AsObject(), static exit => Assert.True(Error(exit.Value!, 1) < Error(exit.Value!, 0)));
        Assert.Equal([1, 2, 4, 8], json["curve"]!.AsArray().Select(static point => point!["photos"]!.GetValue<int>()));
        Assert.Equal(["fitted", "photos"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal));

        (await EcoM2FProgram.RunAsync("verify", _folder["fitted"])).Exits(0);
        (await EcoM2FProgram.RunAsync("verify", _folder["fitted"], "--flavour", "portable")).Exits(0);
        var adapted = json["adapted"]!.AsArray();
        var inspected = (await EcoM2FProgram.RunAsync("inspect", _folder["fitted"])).Exits(0).Out;
        Assert.Equal(adapted.Count > 0, inspected.Contains($"adapters    exits {string.Join(", ", adapted.Select(static exit => exit!.ToString()))}, fitted on 10 photographs", StringComparison.Ordinal));
        var derive = await EcoM2FProgram.RunAsync("segment", _folder["photos"], "-o", _folder["out"], "--model", _folder["fitted"], "--budget", "depth=1");
        derive.Exits(0);
    }

    [Fact]
    public async Task FitExits_InPlaceThenRemove_GivesTheGraphsBack()
    {
        TinyFiles.Copy(_tiny.Model, _folder["model"]);
        var before = ModelFolder.Open(_folder["model"]).Manifest;
        var first = (await EcoM2FProgram.RunAsync("fit-exits", _folder["model"], _folder["photos"])).Exits(0);
        Assert.Contains("10 photographs, 2 of them held out", first.Out, StringComparison.Ordinal);
        Assert.Contains("mean over exits by photographs", first.Out, StringComparison.Ordinal);
        var again = (await EcoM2FProgram.RunAsync("fit-exits", _folder["model"], _folder["photos"])).Exits(0);
        Assert.Equal(Table(first.Out), Table(again.Out)); // fitted to the exits as they were compiled
        (await EcoM2FProgram.RunAsync("fit-exits", _folder["model"], "--remove")).Exits(0);
        var after = ModelFolder.Open(_folder["model"]).Manifest;
        Assert.Equal(before.Graphs, after.Graphs);
        Assert.All(before.Graphs, graph => Assert.Equal(before.Sha256[graph.File], after.Sha256[graph.File]));
        Assert.Contains("nothing to remove", (await EcoM2FProgram.RunAsync("fit-exits", _folder["model"], "--remove")).Exits(0).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FitExits_Killed_LeavesTheOldModelAndGoesOn()
    {
        TinyFiles.Copy(_tiny.Model, _folder["model"]);
        var process = EcoM2FProgram.Start(["fit-exits", _folder["model"], _folder["photos"]]);
        var run = EcoM2FProgram.FinishAsync(process);
        while (!run.IsCompleted && !File.Exists(_folder[".model.fit-exits"]))
        {
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }

        if (!run.IsCompleted)
        {
            process.Kill();
        }

        await run;
        ModelFolder.Open(_folder["model"]).VerifyHashes(TestContext.Current.CancellationToken);
        (await EcoM2FProgram.RunAsync("fit-exits", _folder["model"], _folder["photos"])).Exits(0);
        (await EcoM2FProgram.RunAsync("verify", _folder["model"])).Exits(0);
        Assert.False(File.Exists(_folder[".model.fit-exits"]));
    }

    [Theory]
    [InlineData(DetectorCheckpoint.Detr)]
    [InlineData(DetectorCheckpoint.DeformableDetr)]
    public async Task FitExits_Detector_MeasuresBoxes(string fixture)
    {
        TinyDetector.CompileTo(_folder["detector"], fixture);
        var json = (await EcoM2FProgram.RunAsync("fit-exits", _folder["detector"], _folder["photos"], "--json")).Exits(0).Json;
        Assert.Equal("box AP", json["metric"]!.GetValue<string>());
        Assert.All(json["exits"]!.AsObject(), static exit => Assert.True(Error(exit.Value!, 1) < Error(exit.Value!, 0)));
        (await EcoM2FProgram.RunAsync("verify", _folder["detector"])).Exits(0);
    }

    [Fact]
    public async Task FitExits_BadInput_IsToldAndNothingIsWritten()
    {
        Directory.CreateDirectory(_folder["empty"]);
        TestImages.WriteMany(_folder["few"], 7);
        _folder.Write("file", "x");
        await RefuseAsync("has no photographs", _folder["empty"]);
        await RefuseAsync("has 7 photographs; fitting needs 8", _folder["few"]);
        await RefuseAsync("does not exist", _folder["none"]);
        await RefuseAsync("exists already", _folder["photos"], "-o", _folder["empty"]);
        await RefuseAsync("cannot be made", _folder["photos"], "-o", _folder["file/model"]);
        await RefuseAsync("PHOTOS is missing");
        await RefuseAsync("--remove", _folder["photos"], "--remove");
        await RefuseAsync("--holdout|'0.9'|numbers from 0.05 to 0.5", _folder["photos"], "--holdout", "0.9");
        await RefuseAsync("--photos|'3'|whole numbers from 8", _folder["photos"], "--photos", "3");
        TinyModel.CompileTo(_folder["shallow"], exits: 1, gates: false);
        (await EcoM2FProgram.RunAsync("fit-exits", _folder["shallow"], _folder["photos"])).Exits(2).Names("has one exit");
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_folder.Path), static path => Path.GetFileName(path).StartsWith('.'));
    }

    private async Task RefuseAsync(string message, params string[] arguments) =>
        (await EcoM2FProgram.RunAsync(["fit-exits", _tiny.Model, .. arguments])).Exits(2).Names(message);

    private static double Error(JsonNode exit, int place) => exit["relative_error"]![place]!.GetValue<double>();

    /// <summary>The lines of the tables, which hold no times.</summary>
    private static string[] Table(string text) => [.. text.Split('\n').Where(static line => line.Contains('│', StringComparison.Ordinal))];
}
