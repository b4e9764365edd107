using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Benchmarks;

/// <summary>The real service in a process of its own, on loopback: start-up to ready, throughput, memory, and what HTTP adds.</summary>
internal static partial class ServiceBenchmark
{
    private const int Images = 1000;
    private const int SequentialImages = 200;
    private const int ScrapeRounds = 5;
    private const int ScrapeImages = 60;

    public static async Task RunAsync(string? folder)
    {
        var photos = Directory.GetFiles(folder ?? Path.Combine(RepositoryPaths.Fixtures, "photos"))
            .Where(static file => Path.GetExtension(file) is ".jpg" or ".png").Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToArray();
        Console.WriteLine($"{photos.Length} photos");
        var start = Stopwatch.GetTimestamp();
        // Full compute whatever the load; the benchmark "overload" is about what load changes.
        await using var service = await ServiceProcess.StartAsync(
            ["--Engine:ModelsFolder", Path.Combine(RepositoryPaths.Root, "models"), "--Scheduling:TargetMilliseconds", "0", "--Scheduling:MaxQueueMilliseconds", "0"], CancellationToken.None);
        Console.WriteLine(FormattableString.Invariant($"start-up to ready: {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s"));
        Console.WriteLine($"resident when ready: {Megabytes(service)} MB");

        // The first round warms the runtime's compiler up and is not reported.
        await LoadAsync(service.Client, photos, SequentialImages, 1, report: false);
        await LoadAsync(service.Client, photos, SequentialImages, 1, report: true);
        await LoadAsync(service.Client, photos, Images - (2 * SequentialImages), 8, report: true);
        Console.WriteLine($"resident after {Images} images: {Megabytes(service)} MB");
        await ScrapeUnderLoadAsync(service.Client, photos);
        await LoadAsync(service.Client, photos, Images, 8, report: false);
        Console.WriteLine($"resident after {2 * Images} images: {Megabytes(service)} MB");
    }

    /// <summary>The same load with and without a scrape a second (what fifteen Prometheus servers would ask), in turn.</summary>
    private static async Task ScrapeUnderLoadAsync(HttpClient client, byte[][] photos)
    {
        var (quiet, scraped, scrapes) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < ScrapeRounds; round++)
        {
            quiet.Add(await LoadAsync(client, photos, ScrapeImages, 8, report: false));
            using var stop = new CancellationTokenSource();
            var scraping = ScrapeAsync(client, scrapes, stop.Token);
            scraped.Add(await LoadAsync(client, photos, ScrapeImages, 8, report: false));
            await stop.CancelAsync();
            await scraping;
        }

        Console.WriteLine(FormattableString.Invariant(
            $"{scrapes.Count} scrapes under 8 clients: median {scrapes.Median():0.0} ms, slowest {scrapes.Max():0.0} ms; median images a second {scraped.Median():0.0} with, {quiet.Median():0.0} without"));
    }

    private static async Task ScrapeAsync(HttpClient client, List<double> milliseconds, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var start = Stopwatch.GetTimestamp();
            await client.GetStringAsync("/metrics", CancellationToken.None);
            milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            await Task.Delay(1000, cancellationToken).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    /// <returns>Images a second.</returns>
    private static async Task<double> LoadAsync(HttpClient client, byte[][] photos, int images, int clients, bool report)
    {
        var next = -1;
        var latencies = new double[images];
        var overheads = new double[images];
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < images; i = Interlocked.Increment(ref next))
            {
                var sent = Stopwatch.GetTimestamp();
                using var content = new ByteArrayContent(photos[i % photos.Length]);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
                using var response = await client.PostAsync("/v1/segment", content);
                response.EnsureSuccessStatusCode();
                await response.Content.ReadAsByteArrayAsync();
                latencies[i] = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
                overheads[i] = latencies[i] - StageSum(response);
            }
        }));
        var rate = images / Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (report)
        {
            Console.WriteLine(FormattableString.Invariant(
                $"{clients} client(s): {rate:0.0} images a second, median latency {latencies.Median():0.0} ms, beyond the pipeline's own stages {overheads.Median():0.0} ms"));
        }

        return rate;
    }

    /// <summary>Sum of Server-Timing's durations.</summary>
    private static double StageSum(HttpResponseMessage response) =>
        Duration().Matches(string.Join(",", response.Headers.GetValues("Server-Timing"))).Sum(static match => double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));

    private static long Megabytes(ServiceProcess service) => service.ResidentBytes / (1024 * 1024);

    [GeneratedRegex(@"dur=([0-9.]+)")]
    private static partial Regex Duration();
}
