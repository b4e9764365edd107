using System.Diagnostics;
using EcoM2F.Inference.Models;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Onnx;

/// <summary>
/// What a model takes in several precisions on this machine: stem, encoder to the deepest exit and decoder of one image, run in turn, so
/// that a slow second of the machine falls on all of them.
/// </summary>
public static class PrecisionTimer
{
    private const int Warmups = 1;

    /// <summary>One may fall into a slow second.</summary>
    private const int LeastRounds = 2;

    /// <summary>Of a photograph of the usual proportion.</summary>
    private const int UsualWidth = 4;

    /// <inheritdoc cref="UsualWidth"/>
    private const int UsualHeight = 3;

    /// <param name="sessions">Of one model, on one target.</param>
    /// <param name="rounds">How often each runs, after one run that does not count.</param>
    /// <param name="clear">No further rounds, from the second on, where the fastest takes less than this part of what every other takes. 0: all rounds.</param>
    /// <returns>Of each of the sessions and its stages the least of the rounds: on a busy machine the closest to what the work itself takes.</returns>
    public static IReadOnlyList<StageMilliseconds> Measure(IReadOnlyList<ModelSessions> sessions, ModelManifest model, int rounds, double clear, CancellationToken cancellationToken)
    {
        const int large = 1000;
        var size = InputSize.For(UsualWidth * large, UsualHeight * large, model.Preprocessing);
        using var pixels = OrtValue.CreateTensorValueFromMemory(new float[3 * size.Height * size.Width], [1, 3, size.Height, size.Width]);
        using var options = new RunOptions();
        var runs = sessions.Select(static _ => new List<StageMilliseconds>()).ToList();
        for (var round = -Warmups; round < rounds && !(round >= LeastRounds && IsClear(runs, clear)); round++)
        {
            for (var i = 0; i < sessions.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var times = Run(sessions[i], model, pixels, options);
                if (round >= 0)
                {
                    runs[i].Add(times);
                }
            }
        }

        return [.. runs.Select(LeastOf)];
    }

    private static bool IsClear(IEnumerable<List<StageMilliseconds>> runs, double clear)
    {
        var totals = runs.Select(static times => LeastOf(times).Total).Order().ToList();
        return totals.Count > 1 && totals[0] < clear * totals[1];
    }

    private static StageMilliseconds LeastOf(List<StageMilliseconds> times) =>
        new(times.Min(static run => run.Stem), times.Min(static run => run.Encoder), times.Min(static run => run.Decoder));

    private static StageMilliseconds Run(ModelSessions sessions, ModelManifest model, OrtValue pixels, RunOptions options)
    {
        var start = Stopwatch.GetTimestamp();
        using var stem = sessions.RunStem(pixels, options);
        var afterStem = Stopwatch.GetTimestamp();
        using var encoder = sessions.RunEncoder(model.MaxDepth, stem, options);
        var afterEncoder = Stopwatch.GetTimestamp();
        sessions.RunDecoder(encoder, stem, null, options).Dispose();
        return new StageMilliseconds(Milliseconds(start, afterStem), Milliseconds(afterStem, afterEncoder), Milliseconds(afterEncoder, Stopwatch.GetTimestamp()));
    }

    private static double Milliseconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;
}

/// <summary>What the stages of one image took, in milliseconds.</summary>
public sealed record StageMilliseconds(double Stem, double Encoder, double Decoder)
{
    /// <summary>All of them.</summary>
    public double Total => Stem + Encoder + Decoder;
}
