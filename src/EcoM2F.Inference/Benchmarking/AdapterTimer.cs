using System.Diagnostics;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Benchmarking;

/// <summary>What an adapter takes on this machine's CPU.</summary>
public static class AdapterTimer
{
    private const int Warmups = 2;
    private const int Runs = 15;

    /// <param name="graph">The adapter alone: tokens and, of several levels, spatial_shapes to encoder.</param>
    /// <param name="levelTokens">Tokens of each level of one image.</param>
    /// <param name="width">d: channels of a token.</param>
    /// <returns>Median milliseconds on the shared pool.</returns>
    public static double Measure(byte[] graph, IReadOnlyList<int> levelTokens, int width, CancellationToken cancellationToken)
    {
        using var options = ExecutionTarget.Cpu.CreateSessionOptions();
        using var session = new InferenceSession(graph, options);
        using var runOptions = new RunOptions();
        var count = levelTokens.Sum();
        using var tokens = OrtValue.CreateTensorValueFromMemory(ModelBench.Noise(count * width), [1, count, width]);
        using var shapes = OrtValue.CreateTensorValueFromMemory([.. levelTokens.SelectMany(static level => (long[])[level, 1])], [levelTokens.Count, 2]);
        OrtValue[] inputs = [.. session.InputNames.Select(name => name == GraphTensors.Tokens ? tokens : shapes)];
        var times = new List<double>();
        for (var run = -Warmups; run < Runs; run++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var start = Stopwatch.GetTimestamp();
            using var mode = DenormalFloats.CountAsZero();
            session.Run(runOptions, [.. session.InputNames], inputs, [.. session.OutputNames]).Dispose();
            if (run >= 0)
            {
                times.Add(StageStopwatch.Milliseconds(start, Stopwatch.GetTimestamp()));
            }
        }

        return TimeSpread.Of(times).Median;
    }
}
