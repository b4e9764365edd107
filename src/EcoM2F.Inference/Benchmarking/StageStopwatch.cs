using System.Diagnostics;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Benchmarking;

/// <summary>Runs the whole model at one exit as serving does, and notes what each stage took.</summary>
internal sealed class StageStopwatch(ModelSessions sessions, ModelManifest manifest, RunOptions options)
{
    /// <param name="decoderDepth">Decoder layers; null: the whole decoder.</param>
    public StageTimes Run(OrtValue pixels, int exit, int? decoderDepth)
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
        sessions.RunDecoder(encoder, stem, decoderDepth, options).Dispose();
        var end = Stopwatch.GetTimestamp();
        return new StageTimes
        {
            Stem = Milliseconds(start, afterStem),
            Gate = manifest.Gates is null ? null : Milliseconds(afterStem, afterGate),
            Encoder = Milliseconds(afterGate, afterEncoder),
            Decoder = Milliseconds(afterEncoder, end),
        };
    }

    internal static double Milliseconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;
}
