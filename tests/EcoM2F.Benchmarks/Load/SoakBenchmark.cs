using System.Diagnostics;
using System.Net;
using EcoM2F.TestSupport;

namespace EcoM2F.Benchmarks.Load;

/// <summary>
/// Hours in minutes: good and bad requests to two models, clients that leave, scrapes; memory, handles and threads against time. A burst comes first:
/// memory is kept for as many images as were ever in progress together, and what grows after that grows with the requests.
/// </summary>
internal static class SoakBenchmark
{
    private const int Clients = 6;
    private const int BurstClients = 24;

    /// <summary>Of the run: how long the burst takes.</summary>
    private const double BurstPart = 0.1;

    private static readonly TimeSpan Sample = TimeSpan.FromSeconds(15);

    /// <summary>Of the run: what warms up first is left out of slopes.</summary>
    private const double WarmupPart = 0.2;

    public static async Task RunAsync(double minutes)
    {
        var models = Directory.CreateTempSubdirectory("ecom2f-soak-").FullName;
        try
        {
            TinyModel.CompileTo(Path.Combine(models, "tiny"));
            CopyFolder(Path.Combine(RepositoryPaths.Root, "models", "default"), Path.Combine(models, "default"));
            await using var service = await LoadedService.StartAsync(models);
            await RunAsync(service, TimeSpan.FromMinutes(minutes));
        }
        finally
        {
            Directory.Delete(models, recursive: true);
        }
    }

    private static async Task RunAsync(LoadedService service, TimeSpan length)
    {
        var photos = Photos.Read().Select(static photo => photo.Bytes).ToList();
        var statuses = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        var samples = new List<SoakSample>();
        using var stop = new CancellationTokenSource(length);
        using var endOfBurst = new CancellationTokenSource(BurstPart * length);
        var start = Stopwatch.GetTimestamp();
        var clients = Enumerable.Range(0, BurstClients)
            .Select(client => Task.Run(() => TalkAsync(service, photos, client, statuses, client < Clients ? stop.Token : endOfBurst.Token))).ToList();
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(Sample, stop.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
            var managed = await service.MetricAsync("dotnet_gc_last_collection_memory_committed_size_bytes") / (1024 * 1024);
            var (handles, threads) = service.Counts();
            samples.Add(new(Stopwatch.GetElapsedTime(start).TotalMinutes, service.Megabytes, managed, handles, threads));
        }

        await Task.WhenAll(clients);
        Report(samples.Where(sample => sample.Minutes >= WarmupPart * length.TotalMinutes).ToList());
        Console.WriteLine(string.Join(", ", statuses.OrderBy(static status => status.Key, StringComparer.Ordinal).Select(static status => $"{status.Value} x {status.Key}")));
    }

    private static async Task TalkAsync(LoadedService service, List<byte[]> photos, int client, System.Collections.Concurrent.ConcurrentDictionary<string, int> statuses, CancellationToken stop)
    {
        var random = new Random(client);
        while (!stop.IsCancellationRequested)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
            if (random.Next(10) == 0)
            {
                patience.CancelAfter(random.Next(150));
            }

            try
            {
                var (body, budget, query) = Request(random, photos);
                using var response = await service.PostAsync(body, budget, query, patience.Token);
                Count(((int)response.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture));
                if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
                {
                    await Task.Delay(200, stop);
                }
            }
            catch (OperationCanceledException)
            {
                Count("left");
            }
        }

        void Count(string status) => statuses.AddOrUpdate(status, 1, static (_, count) => count + 1);
    }

    /// <summary>Four in five are good; the others are cut off, no image, of an unknown model, or ask for what cannot be.</summary>
    private static (byte[] Body, string Budget, string Query) Request(Random random, List<byte[]> photos)
    {
        var photo = photos[random.Next(photos.Count)];
        return random.Next(20) switch
        {
            0 => (photo[..(photo.Length / 2)], "", ""),
            1 => ([.. "not an image"u8], "", ""),
            2 => (photo, "", "?model=none"),
            3 => (photo, "depth=99", ""),
            4 => (photo, "deadline-ms=60", ""),
            5 => (photo, "", "?task=panoptic,instance,semantic"),
            < 10 => (photo, "", "?model=tiny"),
            < 12 => (photo, "depth=1", ""),
            < 14 => (photo, "max-depth=3", "?task=instance"),
            _ => (photo, "", ""),
        };
    }

    private static void Report(List<SoakSample> samples)
    {
        Console.WriteLine(FormattableString.Invariant($"{samples.Count} samples, the first fifth of the time left out"));
        Console.WriteLine("| | first | last | lowest | highest | slope a minute | +- 95% |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        Print("resident MB", static sample => sample.Megabytes);
        Print("MB committed by the garbage collector", static sample => sample.ManagedMegabytes);
        Print("handles", static sample => sample.Handles);
        Print("threads", static sample => sample.Threads);

        void Print(string what, Func<SoakSample, double> value)
        {
            double[] minutes = [.. samples.Select(static sample => sample.Minutes)];
            double[] values = [.. samples.Select(value)];
            var (slope, interval) = Statistics.Trend(minutes, values);
            Console.WriteLine(FormattableString.Invariant(
                $"| {what} | {values[0]:0} | {values[^1]:0} | {values.Min():0} | {values.Max():0} | {slope:0.000} | {interval:0.000} |"));
        }
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    private readonly record struct SoakSample(double Minutes, double Megabytes, double ManagedMegabytes, int Handles, int Threads);
}
