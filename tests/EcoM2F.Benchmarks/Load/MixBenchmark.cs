namespace EcoM2F.Benchmarks.Load;

/// <summary>What shallow images wait for deep ones: open loop, half of the requests at depth 1 and half at the deepest; images one after the other, and side by side.</summary>
internal static class MixBenchmark
{
    private const double Rate = 0.9;
    private const string Shallow = "depth=1";

    /// <summary>In turn, so that a machine whose speed drifts is fair to both.</summary>
    private const int Rounds = 3;

    private static readonly TimeSpan Length = TimeSpan.FromSeconds(30);

    private static readonly (string Name, string[] Settings)[] Schedulers = [("one after the other", ["--Scheduling:MaxParallel", "1", "--Scheduling:MaxBatch", "1"]), ("as it is", [])];

    public static async Task RunAsync()
    {
        var photos = Photos.Read().Select(static photo => photo.Bytes).ToList();
        var capacity = await OverloadBenchmark.MeasureCapacityAsync(photos);
        Console.WriteLine("| scheduler | p50 ms at depth 1 | p95 | p50 at depth 6 | p95 |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var (name, settings) in Enumerable.Repeat(Schedulers, Rounds).SelectMany(static round => round))
        {
            await using var service = await LoadedService.StartAsync(models: null, [.. settings, "--Scheduling:TargetMilliseconds", "0", "--Scheduling:MaxQueueMilliseconds", "0"]);
            await service.RunClosedAsync(photos, 40, 8, Shallow);
            var all = Arrivals.Make(Rate * capacity, Length, bursty: false);
            var (shallow, deep) = (all.Where(static (_, i) => i % 2 == 0).ToList(), all.Where(static (_, i) => i % 2 == 1).ToList());
            var runs = await Task.WhenAll(OpenLoop.RunAsync(service, photos, Shallow, shallow), OpenLoop.RunAsync(service, photos, "depth=6", deep));
            Console.WriteLine($"| {name} | {Quantiles(runs[0])} | {Quantiles(runs[1])} |");
        }
    }

    private static string Quantiles(OverloadAnswer[] answers)
    {
        double[] sorted = [.. answers.Where(static answer => answer.IsServed).Select(static answer => answer.Latency.TotalMilliseconds).Order()];
        return FormattableString.Invariant($"{sorted.Quantile(0.5):0} | {sorted.Quantile(0.95):0}");
    }
}
