using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Benchmarks;

/// <summary>
/// The real service under more images than it can serve, over HTTP on loopback: requests come at random moments, whether or not earlier ones are
/// answered, and count where the whole answer is there within a second. With the law of load, without it, and with the shallowest exit forced.
/// </summary>
internal static partial class OverloadBenchmark
{
    private const int ClosedClients = 8;
    private const int WarmupImages = 40;
    private const int CapacityImages = 120;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    /// <summary>For answers that come after a run's end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly (string Name, string[] Settings, string Budget)[] Modes =
    [
        ("on", [], ""),
        ("off", ["--Scheduling:TargetMilliseconds", "0"], ""),
        ("`depth=1`", [], "depth=1"),
    ];

    public static async Task RunAsync(OverloadOptions options)
    {
        var photos = Directory.GetFiles(Path.Combine(RepositoryPaths.Fixtures, "photos"), "*.jpg").Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToArray();
        var capacity = await MeasureCapacityAsync(photos);
        Console.WriteLine(FormattableString.Invariant($"{photos.Length} photos; {options.Length.TotalSeconds:0} s a run, {(options.Bursty ? "gamma arrivals of squared variation 4" : "Poisson arrivals")}, in time: {Deadline.TotalSeconds:0} s"));
        Console.WriteLine();
        Console.WriteLine("| rate | law of load | in time, a second | share | refused | late | failed | p50 ms | p95 ms | mean depth | mean size |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var (name, settings, budget) in Modes)
        {
            await using var service = await StartAsync(settings);
            await LoadAsync(service.Client, photos, "", WarmupImages);
            foreach (var rate in options.Rates)
            {
                var answers = await RunAsync(service.Client, photos, budget, Arrivals.Make(rate * capacity, options.Length, options.Bursty));
                Console.WriteLine(Row(FormattableString.Invariant($"{rate:0.0#} ({rate * capacity:0.0}/s)"), name, answers, options.Length));
            }
        }
    }

    private static Task<ServiceProcess> StartAsync(string[] settings) =>
        ServiceProcess.StartAsync(["--Engine:ModelsFolder", Path.Combine(RepositoryPaths.Root, "models"), "--Serilog:MinimumLevel:Default", "Error", .. settings], CancellationToken.None);

    /// <returns>Images a second at the deepest exit and the model's own size, of clients that wait for each answer.</returns>
    private static async Task<double> MeasureCapacityAsync(byte[][] photos)
    {
        await using var service = await StartAsync(["--Scheduling:TargetMilliseconds", "0", "--Scheduling:MaxQueueMilliseconds", "0"]);
        using var first = await PostAsync(service.Client, photos[0], "");
        var full = $"depth={MaxDepth().Match(string.Join(", ", first.Headers.GetValues("Compute-Used"))).Groups[1].Value}";
        await LoadAsync(service.Client, photos, full, WarmupImages);
        var capacity = await LoadAsync(service.Client, photos, full, CapacityImages);
        var gate = await LoadAsync(service.Client, photos, "", CapacityImages);
        var least = await LoadAsync(service.Client, photos, "depth=1", CapacityImages);
        Console.WriteLine(FormattableString.Invariant($"capacity with {ClosedClients} clients, images a second: {capacity:0.0} at {full}, {gate:0.0} as the gate chooses, {least:0.0} at depth=1"));
        return capacity;
    }

    /// <returns>Images a second.</returns>
    private static async Task<double> LoadAsync(HttpClient client, byte[][] photos, string budget, int images)
    {
        var next = -1;
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, ClosedClients).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < images; i = Interlocked.Increment(ref next))
            {
                using var response = await PostAsync(client, photos[i % photos.Length], budget);
            }
        }));
        return images / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<OverloadAnswer[]> RunAsync(HttpClient client, byte[][] photos, string budget, IReadOnlyList<TimeSpan> arrivals)
    {
        using var patience = new CancellationTokenSource(arrivals[^1] + Patience);
        var start = Stopwatch.GetTimestamp();
        var requests = new List<Task<OverloadAnswer>>(arrivals.Count);
        foreach (var (i, due) in arrivals.Index())
        {
            if (due - Stopwatch.GetElapsedTime(start) is { Ticks: > 0 } wait)
            {
                await Task.Delay(wait, CancellationToken.None);
            }

            requests.Add(SendAsync(photos[i % photos.Length], due));
        }

        return await Task.WhenAll(requests);

        async Task<OverloadAnswer> SendAsync(byte[] photo, TimeSpan due)
        {
            try
            {
                using var response = await PostAsync(client, photo, budget, patience.Token);
                return OverloadAnswer.Of(response, Stopwatch.GetElapsedTime(start) - due);
            }
            catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
            {
                return new OverloadAnswer(HttpStatusCode.RequestTimeout, Stopwatch.GetElapsedTime(start) - due, 0, 0);
            }
        }
    }

    /// <returns>Once the whole answer is there.</returns>
    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, byte[] photo, string budget, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/segment") { Content = new ByteArrayContent(photo) };
        request.Headers.TryAddWithoutValidation("Compute-Budget", budget);
        return await client.SendAsync(request, cancellationToken);
    }

    private static string Row(string rate, string mode, OverloadAnswer[] answers, TimeSpan length)
    {
        var served = answers.Where(static answer => answer.Status == HttpStatusCode.OK).ToList();
        var inTime = served.Count(static answer => answer.Latency <= Deadline);
        var refused = answers.Count(static answer => answer.Status == HttpStatusCode.ServiceUnavailable);
        double[] latencies = [.. served.Select(static answer => answer.Latency.TotalMilliseconds).Order()];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {rate} | {mode} | {inTime / length.TotalSeconds:0.0} | {Share(inTime)} | {Share(refused)} | {Share(served.Count - inTime)} | {Share(answers.Length - served.Count - refused)} | {Quantile(latencies, 0.5):0} | {Quantile(latencies, 0.95):0} | {Mean(static answer => answer.Depth):0.00} | {Mean(static answer => answer.Size):0} |");

        string Share(int count) => string.Create(CultureInfo.InvariantCulture, $"{100.0 * count / answers.Length:0.0}%");

        double Mean(Func<OverloadAnswer, int> value) => served.Select(value).DefaultIfEmpty(0).Average();
    }

    /// <param name="sorted">Ascending; none: 0.</param>
    private static double Quantile(double[] sorted, double share) => sorted.Length == 0 ? 0 : sorted[(int)Math.Ceiling(share * sorted.Length) - 1];

    [GeneratedRegex(@"max-depth=([0-9]+)")]
    private static partial Regex MaxDepth();
}
