using System.Text.Json.Nodes;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

/// <summary>sizes, and what other commands make of a model that has some.</summary>
public sealed class SizesCommandTests(TinyFiles tiny) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Sizes_ToAnotherFolder_GivesAModelThatVerifiesAndSegments()
    {
        var model = _folder["sized"];
        var json = (await EcoM2FProgram.RunAsync("sizes", tiny.Model, "32:64,96:160", "-o", model, "--json")).Exits(0).Json;
        Assert.Equal("sized", json["model"]!.GetValue<string>());
        Assert.Equal([32, 64, 96], json["sizes"]!.AsArray().Select(static size => size!["shortest_edge"]!.GetValue<int>()));
        Assert.Empty(json["removed_gates"]!.AsArray());

        (await EcoM2FProgram.RunAsync("verify", model)).Exits(0);
        var shown = (await EcoM2FProgram.RunAsync("inspect", model)).Exits(0).Out;
        Assert.Contains("sizes       32:64, 64:96 (own), 96:160", shown, StringComparison.Ordinal);
        Assert.Contains("96 x 160", shown, StringComparison.Ordinal);

        Directory.CreateDirectory(_folder["photos"]);
        File.WriteAllBytes(_folder["photos/a.png"], TestPng.Photo());
        (await EcoM2FProgram.RunAsync("segment", _folder["photos"], "-o", _folder["out"], "--model", model, "--budget", "size=96, depth=2")).Exits(0);
        var compute = JsonNode.Parse(File.ReadAllText(_folder["out/a.json"]))!["compute"]!;
        Assert.Equal("[96,160]", compute["size"]!.ToJsonString());
        Assert.Equal(2, compute["depth"]!.GetValue<int>());
        (await EcoM2FProgram.RunAsync("bench", model, "--size", "32x64", "--rounds", "1")).Exits(0);
    }

    [Theory]
    [InlineData("size=100", "32, 64")]
    [InlineData("size=32, max-size=64", "max-size")]
    public async Task Segment_WrongSize_NamesWhatIsAllowed(string budget, string named)
    {
        var model = _folder["sized"];
        (await EcoM2FProgram.RunAsync("sizes", tiny.Model, "32:64", "-o", model)).Exits(0);
        var run = (await EcoM2FProgram.RunAsync("segment", tiny.Model, "-o", _folder["out"], "--model", model, "--budget", budget)).Exits(2);
        Assert.Contains(named, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wide", "'wide'")]
    [InlineData("65,70", "both 96 pixels")]
    [InlineData("64:128", "own size is 64:96")]
    public async Task Sizes_BadList_IsExitCode2(string list, string named)
    {
        var run = (await EcoM2FProgram.RunAsync("sizes", tiny.Model, list, "-o", _folder["none"])).Exits(2);
        Assert.Contains(named, run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["none"]));
    }

    [Fact]
    public async Task Compile_Sizes_AreInTheManifest()
    {
        TinyCheckpoint.Write(_folder["checkpoint"]);
        (await EcoM2FProgram.RunAsync("compile", _folder["checkpoint"], "-o", _folder["model"], "--sizes", "32:64")).Exits(0);
        var manifest = JsonNode.Parse(File.ReadAllText(_folder["model/model.json"]))!;
        Assert.Equal([32, 64], manifest["sizes"]!.AsArray().Select(static size => size!["shortest_edge"]!.GetValue<int>()));
    }
}
