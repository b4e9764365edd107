using EcoM2F.Benchmarks.Load;
using EcoM2F.Inference.Models;

namespace EcoM2F.Benchmarks;

/// <summary>One client of the real service with a model's fp32 graphs, and with its int8 graphs, in turn.</summary>
internal static class PrecisionBenchmark
{
    private const int Rounds = 9;
    private const int Images = 40;

    /// <param name="models">Folder of model folders; the default one has int8 graphs.</param>
    /// <param name="folder">Of photographs; null: the tests' own.</param>
    public static async Task RunAsync(string models, string? folder)
    {
        var photos = Photos.Read(folder).Select(static photo => photo.Bytes).ToArray();
        Console.WriteLine($"{photos.Length} photos, {Rounds} rounds of {Images}, one client, the default profile");
        await using var fp32 = await StartAsync(models, GraphPrecisions.Fp32);
        await using var int8 = await StartAsync(models, GraphPrecisions.EightBits);
        var (ours, theirs, latencies) = (new List<double>(), new List<double>(), new List<double>[] { [], [] });
        for (var round = -1; round < Rounds; round++)
        {
            var (slow, slowTimes) = await fp32.RunClosedAsync(photos, Images, 1, "");
            var (fast, fastTimes) = await int8.RunClosedAsync(photos, Images, 1, "");
            if (round >= 0)
            {
                theirs.Add(slow);
                ours.Add(fast);
                latencies[0].AddRange(slowTimes);
                latencies[1].AddRange(fastTimes);
            }
        }

        var ratios = ours.Zip(theirs, static (fast, slow) => fast / slow).Order().ToList();
        Console.WriteLine(FormattableString.Invariant($"fp32: {theirs.Median():0.0} images a second, median {latencies[0].Median():0.0} ms"));
        Console.WriteLine(FormattableString.Invariant($"int8: {ours.Median():0.0} images a second, median {latencies[1].Median():0.0} ms"));
        Console.WriteLine(FormattableString.Invariant($"int8 by fp32: {ratios.Median():0.00} ({ratios[Rounds / 4]:0.00} to {ratios[^((Rounds / 4) + 1)]:0.00})"));
    }

    private static Task<LoadedService> StartAsync(string models, string precision) =>
        LoadedService.StartAsync(models, "--Engine:Precision", precision, "--Scheduling:TargetMilliseconds", "0", "--Scheduling:MaxQueueMilliseconds", "0");
}
