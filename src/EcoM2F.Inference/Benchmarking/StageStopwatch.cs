using System.Diagnostics;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Benchmarking;

/// <summary>Runs the whole model at one exit as serving does, and notes what each stage took.</summary>
internal sealed class StageStopwatch(ModelSessions sessions, ModelManifest manifest, RunOptions options)
{
    public StageTimes Run(OrtValue pixels, int exit)
    {
        var start = Stopwatch.GetTimestamp();
        using var stem = sessions.RunStem(pixels, options);
        var afterStem = Stopwatch.GetTimestamp();
        if (manifest.Gates is { } gates)
        {
            sessions.RunGate(gates.Default, stem, options);
        }

        var afterGate = Stopwatch.GetTimestamp();
        using var encoder = sessions.RunEncoder(exit, stem, options);
        var afterEncoder = Stopwatch.GetTimestamp();
        sessions.RunDecoder(encoder, stem, options).Dispose();
        var end = Stopwatch.GetTimestamp();
        return new StageTimes(
            Milliseconds(start, afterStem), Milliseconds(afterStem, afterGate), Milliseconds(afterGate, afterEncoder), Milliseconds(afterEncoder, end));
    }

    internal static double Milliseconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;
}

/// <summary>Of one run, in milliseconds.</summary>
internal readonly record struct StageTimes(double Stem, double Gate, double Encoder, double Decoder)
{
    public double Whole => Stem + Gate + Encoder + Decoder;
}
