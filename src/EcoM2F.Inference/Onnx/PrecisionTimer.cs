using System.Diagnostics;
using EcoM2F.Inference.Models;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Onnx;

/// <summary>
/// What a model takes in several precisions on this machine: stem, encoder and decoder of one image, run in turn, so that a slow second of
/// the machine falls on all of them.
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

    /// <param name="sessions">Of one model, on one target. Where all of them have the same stem, the last one's runs for all.</param>
    /// <param name="point">Size, encoder and decoder that run.</param>
    /// <param name="rounds">How often each runs, after one run that does not count.</param>
    /// <param name="clear">No further rounds, from the second on, where the fastest takes less than this part of what every other takes. 0: all rounds.</param>
    /// <returns>Of each of the sessions and its stages the least of the rounds: on a busy machine the closest to what the work itself takes.</returns>
    public static IReadOnlyList<StageMilliseconds> Measure(IReadOnlyList<ModelSessions> sessions, ModelManifest model, GatePoint point, int rounds, double clear, CancellationToken cancellationToken)
    {
        const int large = 1000;
        var size = InputSize.For(UsualWidth * large, UsualHeight * large, model.PreprocessingAt(point.Size));
        using var pixels = OrtValue.CreateTensorValueFromMemory(new float[3 * size.Height * size.Width], [1, 3, size.Height, size.Width]);
        using var options = new RunOptions();
        var runs = sessions.Select(static _ => new List<StageMilliseconds>()).ToList();
        var isStemShared = sessions.Select(static one => one.Graphs.Single(static graph => graph.Stage == GraphStages.Stem).File).Distinct().Count() == 1;
        for (var round = -Warmups; round < rounds && !(round >= LeastRounds && IsClear(runs, clear)); round++)
        {
            (StemOutputs Outputs, double Milliseconds)? shared = isStemShared ? Time(() => sessions[^1].RunStem(pixels, options)) : null;
            using var stem = shared?.Outputs;
            for (var i = 0; i < sessions.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var times = Run(sessions[i], shared, point, pixels, options);
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

    /// <param name="shared">What the stem of all gave, and what that took. Null: each has its own.</param>
    private static StageMilliseconds Run(ModelSessions sessions, (StemOutputs Outputs, double Milliseconds)? shared, GatePoint point, OrtValue pixels, RunOptions options)
    {
        var (stem, stemTook) = shared ?? Time(() => sessions.RunStem(pixels, options));
        using var own = shared is null ? stem : null;
        var (encoder, encoderTook) = Time(() => sessions.RunEncoder(point.Depth, stem, options));
        using (encoder)
        {
            var (decoder, decoderTook) = Time(() => sessions.RunDecoder(encoder, stem, point.DecoderDepth, options));
            decoder.Dispose();
            return new StageMilliseconds(stemTook, encoderTook, decoderTook);
        }
    }

    private static (T Value, double Milliseconds) Time<T>(Func<T> run)
    {
        var start = Stopwatch.GetTimestamp();
        var value = run();
        return (value, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }
}

/// <summary>What the stages of one image took, in milliseconds.</summary>
public sealed record StageMilliseconds(double Stem, double Encoder, double Decoder)
{
    /// <summary>All of them.</summary>
    public double Total => Stem + Encoder + Decoder;
}
