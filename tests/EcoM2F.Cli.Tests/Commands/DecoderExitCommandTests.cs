using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

/// <summary>Decoder exits on the command line: compile, inspect, bench, segment.</summary>
public sealed class DecoderExitCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public DecoderExitCommandTests() => TinyCheckpoint.Write(_folder["checkpoint"], gates: false);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Compile_DecoderExits_InspectBenchAndSegmentKnowThem()
    {
        (await EcoM2FProgram.RunAsync("compile", _folder["checkpoint"], "-o", _folder["cut"], "--decoder-exits", "1,2")).Exits(0);

        var inspected = (await EcoM2FProgram.RunAsync("inspect", _folder["cut"])).Exits(0).Out;
        Assert.Contains("decoder     exits 1, 2, 3", inspected, StringComparison.Ordinal);
        Assert.Contains("to layer 2", inspected, StringComparison.Ordinal);
        (await EcoM2FProgram.RunAsync("verify", _folder["cut"])).Exits(0);

        var bench = (await EcoM2FProgram.RunAsync("bench", _folder["cut"], "--rounds", "1", "--exits", "1", "--decoder-depth", "2", "--json")).Exits(0).Json;
        Assert.Equal(2, bench["decoder_depth"]!.GetValue<int>());

        File.WriteAllBytes(_folder["photo.png"], TestPng.Photo());
        (await EcoM2FProgram.RunAsync("segment", _folder["photo.png"], "--model", _folder["cut"], "--budget", "depth=2, decoder-depth=1", "-o", _folder["out"])).Exits(0);
        Assert.Contains("\"decoder_depth\":1", File.ReadAllText(_folder["out/photo.json"]).Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compile_WrongList_IsExit2AndLeavesNothing()
    {
        var run = (await EcoM2FProgram.RunAsync("compile", _folder["checkpoint"], "-o", _folder["cut"], "--decoder-exits", "1,9")).Exits(2);
        Assert.Contains("decoder layers from 1 to 3", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["cut"]));
    }

    [Fact]
    public async Task Bench_DecoderDepthOfAModelWithout_SaysSo()
    {
        (await EcoM2FProgram.RunAsync("compile", _folder["checkpoint"], "-o", _folder["whole"])).Exits(0);
        Assert.Contains("whole decoder", (await EcoM2FProgram.RunAsync("bench", _folder["whole"], "--decoder-depth", "1")).Exits(2).Error, StringComparison.Ordinal);
    }
}
