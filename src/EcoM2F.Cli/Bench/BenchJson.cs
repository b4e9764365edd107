using System.Text.Json.Nodes;
using EcoM2F.Inference.Benchmarking;
using EcoM2F.Inference.Compute;

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
        ["decoder_depth"] = options.DecoderDepth,
        ["rounds"] = options.Rounds,
        ["exits"] = new JsonArray([.. report.Exits.Select(static exit => (JsonNode)Exit(exit))]),
        ["peer"] = options.Peer is null ? null : new JsonObject { ["file"] = options.Peer.File, ["denormals_as_zero"] = options.Peer.DenormalsAreZero, ["milliseconds"] = Times(report.Peer!) },
        ["operators"] = new JsonArray([.. report.Operators.Select(static time => (JsonNode)Operator(time))]),
        ["products"] = new JsonArray([.. report.Products.Select(static product => (JsonNode)Product(product))]),
    };

    private static JsonObject Exit(ExitMeasurement exit)
    {
        var result = new JsonObject { ["exit"] = exit.Exit, ["precision"] = exit.Precision, ["whole"] = Times(exit.Whole) };
        foreach (var stage in (Stage[])[Stage.Stem, Stage.Gate, Stage.Encoder, Stage.Decoder])
        {
            result[stage.ToName()] = exit.Of(stage) is { } times ? Times(times) : null;
        }

        result["ratio"] = exit.Ratio is not { } ratio ? null : new JsonObject { ["median"] = Round(ratio.Median), ["low"] = Round(ratio.Low), ["high"] = Round(ratio.High) };
        return result;
    }

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
