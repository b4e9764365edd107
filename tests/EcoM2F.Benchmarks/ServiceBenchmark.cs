using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Benchmarks;

/// <summary>The real service in a process of its own, on loopback: start-up to ready, throughput, memory, and what HTTP adds.</summary>
internal static partial class ServiceBenchmark
{
    private const int Images = 1000;
    private const int SequentialImages = 200;

    public static async Task RunAsync(string? folder)
    {
        var photos = Directory.GetFiles(folder ?? Path.Combine(RepositoryPaths.Fixtures, "photos"))
            .Where(static file => Path.GetExtension(file) is ".jpg" or ".png").Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToArray();
        Console.WriteLine($"{photos.Length} photos");
        var start = Stopwatch.GetTimestamp();
        using var service = StartService(out var url);
        try
        {
            using var client = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromMinutes(1) };
            await WaitForReadyAsync(client, service);
            Console.WriteLine(FormattableString.Invariant($"start-up to ready: {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s"));
            Console.WriteLine(FormattableString.Invariant($"resident when ready: {Resident(service)} MB"));

            await LoadAsync(client, photos, SequentialImages, 1, report: false);
            await LoadAsync(client, photos, SequentialImages, 1, report: true);
            await LoadAsync(client, photos, Images - (2 * SequentialImages), 8, report: true);
            Console.WriteLine(FormattableString.Invariant($"resident after {Images} images: {Resident(service)} MB"));
            await LoadAsync(client, photos, Images, 8, report: false);
            Console.WriteLine(FormattableString.Invariant($"resident after {2 * Images} images: {Resident(service)} MB"));
        }
        finally
        {
            service.Kill();
            await service.WaitForExitAsync();
        }
    }

    private static async Task LoadAsync(HttpClient client, byte[][] photos, int images, int clients, bool report)
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
        if (report)
        {
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Console.WriteLine(FormattableString.Invariant(
                $"{clients} client(s): {images / seconds:0.0} images a second, median latency {latencies.Median():0.0} ms, beyond the pipeline's own stages {overheads.Median():0.0} ms"));
        }
    }

    /// <summary>Sum of Server-Timing's durations.</summary>
    private static double StageSum(HttpResponseMessage response) =>
        Duration().Matches(string.Join(",", response.Headers.GetValues("Server-Timing"))).Sum(static match => double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));

    private static Process StartService(out Uri url)
    {
        var port = FreePort();
        url = new Uri($"http://127.0.0.1:{port}");
        var info = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "EcoM2F.Serving.dll"), "--urls", url.ToString(), "--Engine:ModelsFolder", Path.Combine(RepositoryPaths.Root, "models") },
            RedirectStandardOutput = true,
        };
        var process = Process.Start(info)!;
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    private static async Task WaitForReadyAsync(HttpClient client, Process service)
    {
        for (var attempt = 0; attempt < 1200 && !service.HasExited; attempt++)
        {
            try
            {
                using var response = await client.GetAsync("/readyz");
                if (response.StatusCode == HttpStatusCode.OK)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // not listening yet
            }

            await Task.Delay(50);
        }

        throw new InvalidOperationException("The service did not get ready.");
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static long Resident(Process service)
    {
        service.Refresh();
        return service.WorkingSet64 / (1024 * 1024);
    }

    [GeneratedRegex(@"dur=([0-9.]+)")]
    private static partial Regex Duration();
}
