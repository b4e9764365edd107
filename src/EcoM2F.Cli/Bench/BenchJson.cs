using System.Text.Json.Nodes;
using EcoM2F.Inference.Benchmarking;

namespace EcoM2F.Cli.Bench;

/// <summary>The object that <c>bench --json</c> prints; times are milliseconds.</summary>
internal static class BenchJson
{
    public static JsonObject Of(BenchOptions options, MachineDescription machine, bool spin, BenchReport report) => new()
    {
        ["machine"] = new JsonObject
        {
            ["cpu"] = machine.Processor,
            ["cores"] = machine.Cores,
            ["instruction_sets"] = new JsonArray([.. machine.InstructionSets.Select(static set => (JsonNode)set)]),
            ["vector_bits"] = machine.VectorBits,
            ["threads"] = options.Threads,
            ["spinning"] = spin,
            ["onnxruntime"] = machine.OnnxRuntime,
            ["dotnet"] = machine.DotNet,
            ["load_average"] = machine.LoadAverage,
        },
        ["model"] = options.Folder.Manifest.Name,
        ["version"] = options.Folder.Manifest.Version,
        ["flavour"] = options.Flavour,
        ["size"] = new JsonArray(options.Height, options.Width),
        ["rounds"] = options.Rounds,
        ["exits"] = new JsonArray([.. report.Exits.Select(static exit => (JsonNode)Exit(exit))]),
        ["peer"] = options.Peer is null ? null : new JsonObject { ["file"] = options.Peer.File, ["milliseconds"] = Times(report.Peer!) },
        ["operators"] = new JsonArray([.. report.Operators.Select(static time => (JsonNode)Operator(time))]),
        ["products"] = new JsonArray([.. report.Products.Select(static product => (JsonNode)Product(product))]),
    };

    private static JsonObject Exit(ExitTimes times) => new()
    {
        ["exit"] = times.Exit,
        ["whole"] = Times(times.Whole),
        ["stem"] = Times(times.Stem),
        ["gate"] = times.Gate is null ? null : Times(times.Gate),
        ["encoder"] = Times(times.Encoder),
        ["decoder"] = Times(times.Decoder),
        ["ratio"] = times.Ratio is not { } ratio ? null : new JsonObject { ["median"] = Round(ratio.Median), ["low"] = Round(ratio.Low), ["high"] = Round(ratio.High) },
    };

    private static JsonObject Times(TimeSpread spread) => new()
    {
        ["median"] = Round(spread.Median),
        ["low"] = Round(spread.Low),
        ["high"] = Round(spread.High),
        ["least"] = Round(spread.Least),
        ["count"] = spread.Count,
    };

    private static JsonObject Operator(OperatorTime time) => new()
    {
        ["stage"] = time.Stage,
        ["operator"] = time.Operator,
        ["nodes"] = time.Nodes,
        ["milliseconds"] = Round(time.Milliseconds),
        ["share"] = Round(time.Share),
    };

    private static JsonObject Product(ProductTime product) => new()
    {
        ["stage"] = product.Stage,
        ["shape"] = new JsonArray(product.Shape.Batch, product.Shape.Rows, product.Shape.Inner, product.Shape.Columns),
        ["nodes"] = product.Nodes,
        ["milliseconds"] = Round(product.Milliseconds),
        ["gflops"] = Round(product.GigaflopPerSecond),
        ["plain_gflops"] = Round(product.PlainGigaflopPerSecond),
    };

    private static double Round(double value) => Math.Round(value, 4);
}
