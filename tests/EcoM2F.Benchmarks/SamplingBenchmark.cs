using System.Diagnostics;
using EcoM2F.Compiler.Architectures.Mask2Former;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Compiler.Layers;
using EcoM2F.Inference.Kernels;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Onnx.CustomOps;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Benchmarks;

/// <summary>
/// Deformable attention's sampling as one operator beside the standard operators it replaces, and a whole encoder layer of each
/// kind; random weights, 3 levels x 4 points. The two take turns, so that a slow second of the machine falls on both.
/// </summary>
internal static class SamplingBenchmark
{
    private const int Warmups = 2;

    private static readonly (int Height, int Width, EncoderSize Size)[] Cases =
    [
        (320, 448, new EncoderSize(128, 8, 512)), // the default model
        (384, 384, new EncoderSize(256, 8, 1024)),
        (800, 1216, new EncoderSize(256, 8, 1024)),
    ];

    public static void Run(int rounds)
    {
        OrtRuntime.Initialize(0);
        using var folder = new TemporaryWeights();
        Console.WriteLine($"vectors of the sampling kernel: {VectorWidths.Widest}; {rounds} rounds; median ms");
        Console.WriteLine($"{"input",-12} {"d",4} {"tokens",7}   {"sampling: portable",18} {"fused",8} {"ratio",6}   {"layer: portable",15} {"fused",8} {"ratio",6}");
        foreach (var (height, width, size) in Cases)
        {
            var sampling = Measure(fused => Open(SamplingGraph(size, fused).ToByteArray()), size, (height, width), rounds);
            var layer = Measure(fused => Open(folder.Write(size, fused, b => BuildLayer(b, size))), size, (height, width), rounds);
            Console.WriteLine(FormattableString.Invariant(
                $"{height + " x " + width,-12} {size.Width,4} {height * width * 21 / 1024,7}   {sampling.Portable,18:0.00} {sampling.Fused,8:0.00} {sampling.Portable / sampling.Fused,6:0.00}   {layer.Portable,15:0.00} {layer.Fused,8:0.00} {layer.Portable / layer.Fused,6:0.00}"));
        }
    }

    private static (double Portable, double Fused) Measure(Func<bool, InferenceSession> open, EncoderSize size, (int Height, int Width) input, int rounds)
    {
        using var portable = open(false);
        using var fused = open(true);
        var values = Inputs(size, input).ToDictionary();
        var (portableTimes, fusedTimes) = (new List<double>(), new List<double>());
        try
        {
            for (var round = -Warmups; round < rounds; round++)
            {
                var (first, second) = (Time(portable, values), Time(fused, values));
                if (round >= 0)
                {
                    portableTimes.Add(first);
                    fusedTimes.Add(second);
                }
            }
        }
        finally
        {
            foreach (var value in values.Values)
            {
                value.Dispose();
            }
        }

        return (portableTimes.Median(), fusedTimes.Median());
    }

    private static double Time(InferenceSession session, Dictionary<string, OrtValue> values)
    {
        using var run = new RunOptions();
        var wanted = session.InputNames.ToDictionary(static name => name, name => values[name]);
        var start = Stopwatch.GetTimestamp();
        using var results = session.Run(run, wanted, session.OutputNames);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static InferenceSession Open(byte[] model)
    {
        using var options = Options();
        return new InferenceSession(model, options);
    }

    private static InferenceSession Open(string path)
    {
        using var options = Options();
        return new InferenceSession(path, options);
    }

    private static SessionOptions Options()
    {
        var options = ExecutionTarget.Cpu.CreateSessionOptions();
        EcoM2FOperators.AddTo(options);
        return options;
    }

    /// <summary>tokens, position, projected (offsets of some pixels) and spatial_shapes; a graph takes those that it knows.</summary>
    private static IEnumerable<KeyValuePair<string, OrtValue>> Inputs(EncoderSize size, (int Height, int Width) input)
    {
        long[] shapes = [input.Height / 32, input.Width / 32, input.Height / 16, input.Width / 16, input.Height / 8, input.Width / 8];
        var tokens = (shapes[0] * shapes[1]) + (shapes[2] * shapes[3]) + (shapes[4] * shapes[5]);
        yield return new(GraphTensors.SpatialShapes, OrtValue.CreateTensorValueFromMemory(shapes, [Mask2FormerConfig.Levels, 2]));
        yield return new(GraphTensors.Tokens, Random(1, 1, tokens, size.Width));
        yield return new(GraphTensors.Position, Random(1, 1, tokens, size.Width));
        yield return new("values", Random(1, 1, tokens, size.Width));
        yield return new("projected", Random(3, tokens, 3 * Mask2FormerNetwork.SamplingOf(size).Samples));
    }

    private static OrtValue Random(float scale, params long[] shape)
    {
        var random = new Random(1);
        var values = new float[shape.Aggregate(1L, static (a, b) => a * b)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = ((2 * random.NextSingle()) - 1) * scale;
        }

        return OrtValue.CreateTensorValueFromMemory(values, shape);
    }

    private static ModelProto SamplingGraph(EncoderSize size, bool fused)
    {
        var g = new GraphBuilder("sampling", new WeightStore());
        var values = g.Input("values", OnnxType.Float, "batch", "tokens", $"{size.Width}");
        var projected = g.Input("projected", OnnxType.Float, "rows", $"{3 * Mask2FormerNetwork.SamplingOf(size).Samples}");
        var output = Sampling(g, size, values, fused).Sample(g.Reshape(values, -1, size.Width), projected);
        g.Output(output, "sampled", OnnxType.Float, "rows", $"{size.Width}");
        return g.Build();
    }

    private static void BuildLayer(LayerBuilder b, EncoderSize size)
    {
        var g = b.Graph;
        var tokens = g.Input(GraphTensors.Tokens, OnnxType.Float, "batch", "tokens", $"{size.Width}");
        var position = g.Input(GraphTensors.Position, OnnxType.Float, "1", "tokens", $"{size.Width}");
        var attention = new DeformableAttention(b, Sampling(g, size, tokens, b.Fused));
        var output = EncoderLayers.Build(b, Mask2FormerNetwork.EncoderPrefix, size, 1, (tokens, position), attention.Build)[0];
        g.Output(output, GraphTensors.Encoder, OnnxType.Float, "batch", "tokens", $"{size.Width}");
    }

    private static IDeformableSampling Sampling(GraphBuilder g, EncoderSize size, Value tokens, bool fused)
    {
        var shapes = g.Input(GraphTensors.SpatialShapes, OnnxType.Int64, $"{Mask2FormerConfig.Levels}", "2");
        return SamplingFlavours.OfTokens(g, Mask2FormerNetwork.SamplingOf(size), shapes, tokens, fused);
    }
}
