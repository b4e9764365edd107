using System.Diagnostics;
using EcoM2F.Inference.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Benchmarking;

/// <summary>What the machine gives a matrix product that has nothing around it.</summary>
internal static class PlainProductTimer
{
    private const int Warmups = 2;

    /// <summary>Short products are repeated up to this often, until <see cref="Enough"/> has passed.</summary>
    private const int MaxRuns = 30;

    private const int MinRuns = 5;

    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(0.3);

    /// <param name="graph">One node: a [B, M, K], and b [B, K, N] where it is not constant, to y.</param>
    /// <returns>Median milliseconds on the shared pool.</returns>
    public static double Measure(ProductShape shape, byte[] graph, CancellationToken cancellationToken)
    {
        using var options = ExecutionTarget.Cpu.CreateSessionOptions();
        using var session = new InferenceSession(graph, options);
        using var runOptions = new RunOptions();
        using var a = Matrix(shape.Batch, shape.Rows, shape.Inner);
        using var b = Matrix(shape.Batch, shape.Inner, shape.Columns);
        var inputs = session.InputNames.Select(name => name == "a" ? a : b).ToList();
        var times = new List<double>();
        var begin = Stopwatch.GetTimestamp();
        for (var run = -Warmups; run < MinRuns || (run < MaxRuns && Stopwatch.GetElapsedTime(begin) < Enough); run++)
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

    private static OrtValue Matrix(long batch, long rows, long columns) =>
        OrtValue.CreateTensorValueFromMemory(ModelBench.Noise(checked((int)(batch * rows * columns))), batch == 1 ? [rows, columns] : [batch, rows, columns]);
}
