using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using EcoM2F.Benchmarks.Load;

namespace EcoM2F.Benchmarks;

/// <summary>The real service in a process of its own, on loopback: start-up to ready, throughput, memory, and what HTTP adds.</summary>
internal static partial class ServiceBenchmark
{
    private const int Images = 1000;
    private const int SequentialImages = 200;
    private const int ScrapeRounds = 5;
    private const int ScrapeImages = 60;

    private static readonly int[] Clients = [1, 8, 16];

    private static readonly string[] ModelStages = ["stem", "gate", "encoder", "decoder"];

    public static async Task RunAsync(string? folder)
    {
        var photos = Photos.Read(folder).Select(static photo => photo.Bytes).ToArray();
        Console.WriteLine($"{photos.Length} photos");
        var start = Stopwatch.GetTimestamp();
        // Full compute whatever the load; the benchmark "overload" is about what load changes.
        await using var service = await LoadedService.StartAsync(models: null, "--Scheduling:TargetMilliseconds", "0", "--Scheduling:MaxQueueMilliseconds", "0");
        Console.WriteLine(FormattableString.Invariant($"start-up to ready: {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s"));
        Console.WriteLine(FormattableString.Invariant($"resident when ready: {service.Megabytes:0} MB"));

        // The first round warms the runtime's compiler up and is not reported.
        await LoadAsync(service, photos, SequentialImages, 1, report: false);
        foreach (var clients in Clients)
        {
            await LoadAsync(service, photos, SequentialImages, clients, report: true);
        }

        await LoadAsync(service, photos, Images - ((1 + Clients.Length) * SequentialImages), 8, report: false);
        Console.WriteLine(FormattableString.Invariant($"resident after {Images} images: {service.Megabytes:0} MB"));
        await ScrapeUnderLoadAsync(service, photos);
        await LoadAsync(service, photos, Images, 8, report: false);
        Console.WriteLine(FormattableString.Invariant($"resident after {2 * Images} images: {service.Megabytes:0} MB"));
    }

    /// <summary>The same load with and without a scrape a second (what fifteen Prometheus servers would ask), in turn.</summary>
    private static async Task ScrapeUnderLoadAsync(LoadedService service, byte[][] photos)
    {
        var (quiet, scraped, scrapes) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < ScrapeRounds; round++)
        {
            quiet.Add(await LoadAsync(service, photos, ScrapeImages, 8, report: false));
            using var stop = new CancellationTokenSource();
            var scraping = ScrapeAsync(service.Client, scrapes, stop.Token);
            scraped.Add(await LoadAsync(service, photos, ScrapeImages, 8, report: false));
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
    private static async Task<double> LoadAsync(LoadedService service, byte[][] photos, int images, int clients, bool report)
    {
        var (latencies, beyond, outside) = (new double[images], new double[images], new double[images]);
        var (rate, _) = await service.RunClosedAsync(photos, images, clients, "", (i, milliseconds, response) =>
        {
            var stages = Durations(response);
            var model = ModelStages.Sum(stage => stages.GetValueOrDefault(stage));
            (latencies[i], beyond[i]) = (milliseconds, milliseconds - stages.Values.Sum());
            outside[i] = 100 * (milliseconds - model - stages.GetValueOrDefault("queue")) / milliseconds;
        });
        if (report)
        {
            Console.WriteLine(FormattableString.Invariant(
                $"{clients} client(s): {rate:0.0} images a second, median latency {latencies.Median():0.0} ms, beyond the pipeline's own stages {beyond.Median():0.0} ms, outside the model and the queue {outside.Median():0.0}%"));
        }

        return rate;
    }

    /// <summary>Server-Timing's milliseconds by stage.</summary>
    private static Dictionary<string, double> Durations(HttpResponseMessage response) =>
        Duration().Matches(string.Join(",", response.Headers.GetValues("Server-Timing")))
            .ToDictionary(static match => match.Groups[1].Value, static match => double.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"([a-z]+);dur=([0-9.]+)")]
    private static partial Regex Duration();
}
