using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace EcoM2F.Benchmarks.Load;

/// <summary>
/// The real service under more images than it can serve, over HTTP on loopback: requests come at random moments, whether or not earlier ones are
/// answered, and count where the whole answer is there within a second. With the law of load, without it, and with the shallowest exit forced.
/// </summary>
internal static partial class OverloadBenchmark
{
    private const int ClosedClients = 8;
    private const int WarmupImages = 40;
    private const int CapacityImages = 120;

    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    /// <summary>What timers and the way to the client may add to a deadline.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(20);

    /// <summary>A 504 that comes earlier is a refusal: no point could be finished in time.</summary>
    private static readonly TimeSpan Refused = TimeSpan.FromMilliseconds(900);

    private static readonly (string Name, string[] Settings, string Budget)[] Modes =
    [
        ("on", [], ""),
        ("off", ["--Scheduling:TargetMilliseconds", "0"], ""),
        ("`depth=1`", [], "depth=1"),
    ];

    public static async Task RunAsync(OverloadOptions options)
    {
        var quality = options.Rows is null ? null : new ServedQuality(options.Rows);
        var known = Photos.Read(options.Photos).Where(photo => quality?.Knows(photo.Name) != false).ToList();
        var (names, photos) = (known.Select(static photo => photo.Name).ToList(), known.Select(static photo => photo.Bytes).ToList());
        var capacity = await MeasureCapacityAsync(photos, depth => quality is null ? "" : FormattableString.Invariant($", quality {quality.Mean(names, depth.Size, depth.Depth):0.0}"));
        Console.WriteLine(FormattableString.Invariant($"{photos.Count} photos; {options.Length.TotalSeconds:0} s a run, {(options.Bursty ? "gamma arrivals of squared variation 4" : "Poisson arrivals")}, in time: {Deadline.TotalSeconds:0} s{(options.WithDeadlines ? ", which is each request's deadline" : "")}"));
        Console.WriteLine();
        Console.WriteLine("| rate | law of load | in time, a second | share | refused | late | failed | p50 ms | p95 ms | mean depth | mean size | quality | of accepted: 200 in time | answered by the deadline + 20 ms |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        var modes = options.Targets.Count == 0 ? Modes : options.Targets.Select(static target => (Name: FormattableString.Invariant($"{target} ms"), Settings: new[] { "--Scheduling:TargetMilliseconds", target.ToString(CultureInfo.InvariantCulture) }, Budget: ""));
        foreach (var (name, settings, budget) in modes)
        {
            await using var service = await LoadedService.StartAsync(models: null, settings);
            await service.RunClosedAsync(photos, WarmupImages, ClosedClients, budget);
            foreach (var rate in options.Rates)
            {
                var answers = await OpenLoop.RunAsync(service, photos, WithDeadline(budget, options), Arrivals.Make(rate * capacity, options.Length, options.Bursty));
                var mean = quality is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{quality.Mean(names, answers):0.0}");
                Console.WriteLine(Row(FormattableString.Invariant($"{rate:0.0#} ({rate * capacity:0.0}/s)"), name, answers, options.Length) + $" {mean} | {Accepted(answers)} |");
            }
        }
    }

    private static string WithDeadline(string budget, OverloadOptions options)
    {
        var deadline = options.WithDeadlines ? string.Create(CultureInfo.InvariantCulture, $"deadline-ms={Deadline.TotalMilliseconds:0}") : "";
        return string.Join(", ", new[] { budget, deadline }.Where(static part => part.Length > 0));
    }

    /// <summary>Measures what clients get that wait for each answer.</summary>
    /// <param name="describe">What to say of each depth at the model's own size; null: only the deepest is measured.</param>
    /// <returns>Images a second at the deepest exit and the model's own size.</returns>
    public static async Task<double> MeasureCapacityAsync(IReadOnlyList<byte[]> photos, Func<(int Size, int Depth), string>? describe = null)
    {
        await using var service = await LoadedService.StartAsync(models: null, "--Scheduling:TargetMilliseconds", "0", "--Scheduling:MaxQueueMilliseconds", "0");
        using var first = await service.PostAsync(photos[0], "depth=1");
        var used = string.Join(", ", first.Headers.GetValues("Compute-Used"));
        var (deepest, own) = (int.Parse(MaxDepth().Match(used).Groups[1].ValueSpan, CultureInfo.InvariantCulture), OverloadAnswer.Of(0, default, first, default).Size);
        await service.RunClosedAsync(photos, WarmupImages, ClosedClients, "");
        var gate = await service.RunClosedAsync(photos, CapacityImages, ClosedClients, "");
        Console.WriteLine(FormattableString.Invariant($"capacity with {ClosedClients} clients, images a second: {gate.Rate:0.0} as the gate chooses"));
        var rate = 0.0;
        for (var depth = describe is null ? deepest : 1; depth <= deepest; depth++)
        {
            (rate, _) = await service.RunClosedAsync(photos, CapacityImages, ClosedClients, $"depth={depth}");
            Console.WriteLine(FormattableString.Invariant($"  {rate:0.0} at depth={depth}{describe?.Invoke((own, depth))}"));
        }

        return rate;
    }

    private static string Row(string rate, string mode, OverloadAnswer[] answers, TimeSpan length)
    {
        var served = answers.Where(static answer => answer.IsServed).ToList();
        var inTime = served.Count(static answer => answer.Latency <= Deadline);
        var refused = answers.Count(IsRefused);
        double[] latencies = [.. served.Select(static answer => answer.Latency.TotalMilliseconds).Order()];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {rate} | {mode} | {inTime / length.TotalSeconds:0.0} | {Share(inTime, answers.Length)} | {Share(refused, answers.Length)} | {Share(served.Count - inTime, answers.Length)} | {Share(answers.Length - served.Count - refused, answers.Length)} | {latencies.Quantile(0.5):0} | {latencies.Quantile(0.95):0} | {Mean(static answer => answer.Depth):0.00} | {Mean(static answer => answer.Size):0} |");

        double Mean(Func<OverloadAnswer, int> value) => served.Select(value).DefaultIfEmpty(0).Average();
    }

    private static bool IsRefused(OverloadAnswer answer) =>
        answer.Status == HttpStatusCode.ServiceUnavailable || (answer.Status == HttpStatusCode.GatewayTimeout && answer.Latency < Refused);

    private static string Accepted(OverloadAnswer[] answers)
    {
        var accepted = answers.Where(static answer => !IsRefused(answer)).ToList();
        return $"{Share(accepted.Count(static answer => answer.IsServed && answer.Latency <= Deadline), accepted.Count)} | {Share(accepted.Count(static answer => answer.Latency <= Deadline + Grace), accepted.Count)}";
    }

    private static string Share(int count, int all) => string.Create(CultureInfo.InvariantCulture, $"{100.0 * count / Math.Max(1, all):0.0}%");

    [GeneratedRegex(@"max-depth=([0-9]+)")]
    private static partial Regex MaxDepth();
}
