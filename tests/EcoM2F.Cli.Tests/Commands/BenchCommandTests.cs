using System.Text;
using System.Text.Json.Nodes;
using EcoM2F.Compiler;
using EcoM2F.Inference.Benchmarking;
using EcoM2F.TestSupport;

namespace EcoM2F.Cli.Tests.Commands;

/// <summary>bench, on the tiny model and with its own stem as the peer: what it says, not how fast that was.</summary>
public sealed class BenchCommandTests(TinyFiles tiny) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Peer => Path.Combine(tiny.Model, "stem.onnx");

    [Fact]
    public async Task Bench_WithPeerAndProfile_ReportsStagesExitsOperatorsAndProducts()
    {
        var json = (await EcoM2FProgram.RunAsync(
            "bench", tiny.Model, "--size", "64x96", "--exits", "3,1", "--peer", Peer, "--rounds", "3", "--threads", "1", "--profile", "--json")).Exits(0).Json;

        Assert.Equal([64, 96], json["size"]!.AsArray().Select(static side => side!.GetValue<int>()));
        Assert.Equal(1, json["machine"]!["threads"]!.GetValue<int>());
        Assert.NotEmpty(json["machine"]!["onnxruntime"]!.GetValue<string>());
        Assert.NotEmpty(json["machine"]!["cpu"]!.GetValue<string>());
        Assert.Equal([1, 3], json["exits"]!.AsArray().Select(static exit => exit!["exit"]!.GetValue<int>()));
        foreach (var exit in json["exits"]!.AsArray())
        {
            Assert.All((string[])["stem", "gate", "encoder", "decoder", "whole"], stage => AssertTimes(exit![stage]!, 3));
            Assert.True(exit!["ratio"]!["median"]!.GetValue<double>() > 0);
        }

        Assert.Equal(("stem.onnx", false), (json["peer"]!["file"]!.GetValue<string>(), json["peer"]!["denormals_as_zero"]!.GetValue<bool>()));
        AssertTimes(json["peer"]!["milliseconds"]!, 6);
        var operators = json["operators"]!.AsArray();
        Assert.Contains(operators, static item => item!["stage"]!.GetValue<string>() == "encoder" && item["operator"]!.GetValue<string>() == "MSDeformAttn" && item["nodes"]!.GetValue<int>() == 3);
        Assert.Contains(operators, static item => item!["stage"]!.GetValue<string>() == "stem" && item["operator"]!.GetValue<string>() == "Conv");
        Assert.Equal(1, operators.Sum(static item => item!["share"]!.GetValue<double>()), 0.05);
        var products = json["products"]!.AsArray();
        Assert.Contains(products, static item => item!["stage"]!.GetValue<string>() == "encoder" && item["shape"]!.AsArray()[0]!.GetValue<long>() == 1);
        Assert.Contains(products, static item => item!["stage"]!.GetValue<string>() == "decoder" && item["shape"]!.AsArray()[0]!.GetValue<long>() > 1);
        Assert.All(products, static item => Assert.True(item!["plain_gflops"]!.GetValue<double>() > 0));
    }

    [Fact]
    public async Task Bench_Alone_ShowsEveryExitAndTheMachine()
    {
        var run = (await EcoM2FProgram.RunAsync("bench", tiny.Model, "--rounds", "1", "--flavour", "portable")).Exits(0);

        Assert.All((string[])["machine  ", "ONNX Runtime ", "tiny 1, portable", "encoder", "decoder", "whole"], word => Assert.Contains(word, run.Out, StringComparison.Ordinal));
        Assert.DoesNotContain("ratio", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bench_PeerOfFixedSize_SetsTheSizeAndRefusesAnother()
    {
        var peer = WriteFixedPeer(64, 32);

        var json = (await EcoM2FProgram.RunAsync("bench", tiny.Model, "--exits", "1", "--rounds", "1", "--peer", peer, "--peer-denormals-as-zero", "--json")).Exits(0).Json;
        Assert.True(json["peer"]!["denormals_as_zero"]!.GetValue<bool>());
        Assert.Equal([64, 32], json["size"]!.AsArray().Select(static side => side!.GetValue<int>()));
        (await EcoM2FProgram.RunAsync("bench", tiny.Model, "--size", "64x64", "--peer", peer)).Exits(2).Names($"{peer}|pixel_values|64 x 32|64 x 64");
    }

    [Theory]
    [InlineData("--size '800x1217'|HEIGHTxWIDTH|multiple of 32|32 to 8192", "--size", "800x1217")]
    [InlineData("--size '64'|HEIGHTxWIDTH", "--size", "64")]
    [InlineData("--size '0x64'|32 to 8192", "--size", "0x64")]
    [InlineData("--exits|'9'|'tiny'|1, 2, 3", "--exits", "1,9")]
    [InlineData("--rounds|'0'|whole numbers from 1", "--rounds", "0")]
    [InlineData("--threads|'many'|whole numbers from 0", "--threads", "many")]
    [InlineData("absent.onnx does not exist", "--peer", "/tmp/absent.onnx")]
    [InlineData("--peer-denormals-as-zero|--peer", "--peer-denormals-as-zero")]
    [InlineData("--spin|--peer", "--spin", "--peer", "/tmp/absent.onnx")]
    public async Task Bench_WrongOption_NamesIt(string fragments, params string[] options)
    {
        var run = (await EcoM2FProgram.RunAsync(["bench", tiny.Model, .. options])).Exits(2).Names(fragments);
        Assert.Empty(run.Out);
    }

    [Fact]
    public async Task Bench_PeerThatIsNoModelOfImages_SaysWhatItWants()
    {
        File.WriteAllBytes(_folder["product.onnx"], PlainProductGraph.Build(new ProductShape(1, 2, 3, 4)));
        (await EcoM2FProgram.RunAsync("bench", tiny.Model, "--peer", _folder["product.onnx"])).Exits(2).Names("product.onnx|inputs are a;|pixel_values");

        File.WriteAllText(_folder["text.onnx"], "no graph");
        (await EcoM2FProgram.RunAsync("bench", tiny.Model, "--peer", _folder["text.onnx"])).Exits(2).Names("text.onnx|cannot load");
    }

    private static void AssertTimes(JsonNode times, int count)
    {
        Assert.Equal(count, times["count"]!.GetValue<int>());
        double[] ascending = [0, times["least"]!.GetValue<double>(), times["low"]!.GetValue<double>(), times["median"]!.GetValue<double>(), times["high"]!.GetValue<double>()];
        Assert.Equal(ascending.Order(), ascending);
    }

    /// <summary>The stem with numbers where its input has the names of dimensions, in as many bytes: a long form of a short number.</summary>
    private string WriteFixedPeer(int height, int width)
    {
        TinyFiles.Copy(tiny.Model, _folder["peer"]);
        var graph = File.ReadAllBytes(Peer);
        Replace(graph, "height", height);
        Replace(graph, "width", width);
        File.WriteAllBytes(_folder["peer/stem.onnx"], graph);
        return _folder["peer/stem.onnx"];
    }

    private static void Replace(byte[] graph, string name, int value)
    {
        byte[] dimension = [0x0a, (byte)(name.Length + 2), 0x12, (byte)name.Length, .. Encoding.ASCII.GetBytes(name)];
        var at = graph.AsSpan().IndexOf(dimension);
        Assert.True(at >= 0 && value < 128);
        var number = graph.AsSpan(at + 2, name.Length + 2);
        number.Fill(0x80);
        (number[0], number[1], number[^1]) = (0x08, (byte)(0x80 | value), 0);
    }
}
