using System.Diagnostics;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Benchmarking;

/// <summary>
/// Measures a model on the CPU, stage by stage and exit by exit, beside a peer. In every round the peer runs once before each
/// exit, and the model's precisions after it, so that a slow second of the machine falls on both, and a ratio compares neighbours in time.
/// </summary>
public static class ModelBench
{
    private const int Seed = 20240415;

    /// <param name="roundDone">Called after every round, warm-up included.</param>
    /// <exception cref="ModelLoadException">A graph does not load, or the peer takes another size.</exception>
    public static BenchReport Run(BenchOptions options, Action? roundDone, CancellationToken cancellationToken)
    {
        options.Peer?.RequireSize(options.Height, options.Width);
        using var pixels = OrtValue.CreateTensorValueFromMemory(Noise(3 * options.Height * options.Width), [1, 3, options.Height, options.Width]);
        var (exits, peer) = Measure(options, pixels, roundDone, cancellationToken);
        if (options.PlainProduct is not { } plain)
        {
            return new BenchReport(exits, peer, [], []);
        }

        var profile = OperatorProfile.Record(options, pixels, cancellationToken);
        return new BenchReport(exits, peer, profile.Operators(), profile.Products(shape => PlainProductTimer.Measure(shape, plain(shape), cancellationToken)));
    }

    /// <summary>Normal-looking pixel values: a sum of three uniform numbers, the same in every run.</summary>
    internal static float[] Noise(int count)
    {
        var random = new Random(Seed);
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2);
        }

        return values;
    }

    private static (IReadOnlyList<ExitMeasurement> Exits, TimeSpread? Peer) Measure(
        BenchOptions options, OrtValue pixels, Action? roundDone, CancellationToken cancellationToken)
    {
        var sessions = new List<ModelSessions>();
        try
        {
            sessions.AddRange(options.Precisions.Select(precision => ModelSessions.Open(options.Folder, ExecutionTarget.Cpu, flavour: options.Flavour, precision: precision)));
            return Measure(options, sessions, pixels, roundDone, cancellationToken);
        }
        finally
        {
            sessions.ForEach(static opened => opened.Dispose());
        }
    }

    private static (IReadOnlyList<ExitMeasurement> Exits, TimeSpread? Peer) Measure(
        BenchOptions options, IReadOnlyList<ModelSessions> sessions, OrtValue pixels, Action? roundDone, CancellationToken cancellationToken)
    {
        using var runOptions = new RunOptions();
        var stopwatches = sessions.Select(opened => (opened.Precision, Watch: new StageStopwatch(opened, options.Folder.Manifest, runOptions))).ToList();
        var runs = options.Exits.SelectMany(exit => options.Precisions.Select(precision => (exit, precision))).ToDictionary(static key => key, static _ => new List<(StageTimes Ours, double? Peer)>());
        for (var round = -BenchOptions.Warmups; round < options.Rounds; round++)
        {
            foreach (var exit in options.Exits)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var peer = TimePeer(options.Peer, pixels, runOptions);
                foreach (var (precision, watch) in stopwatches)
                {
                    var ours = watch.Run(pixels, exit, options.DecoderDepth);
                    if (round >= 0)
                    {
                        runs[(exit, precision)].Add((ours, peer));
                    }
                }
            }

            roundDone?.Invoke();
        }

        var exits = runs.Select(static run => Summarise(run.Key, run.Value)).ToList();
        return (exits, options.Peer is null ? null : TimeSpread.Of(runs.Values.SelectMany(static list => list).Select(static run => run.Peer!.Value)));
    }

    private static double? TimePeer(PeerGraph? peer, OrtValue pixels, RunOptions options)
    {
        if (peer is null)
        {
            return null;
        }

        var start = Stopwatch.GetTimestamp();
        peer.Run(pixels, options);
        return StageStopwatch.Milliseconds(start, Stopwatch.GetTimestamp());
    }

    private static ExitMeasurement Summarise((int Exit, string Precision) key, List<(StageTimes Ours, double? Peer)> runs) => new(
        key.Exit,
        key.Precision,
        [.. runs.Select(static run => run.Ours)],
        runs[0].Peer is null ? null : Ratio(TimeSpread.Of(runs.Select(static run => run.Peer!.Value / run.Ours.Device.TotalMilliseconds))));

    private static RatioSpread Ratio(TimeSpread spread) => new(spread.Median, spread.Low, spread.High);
}
