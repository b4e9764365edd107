using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Benchmarks.Load;

/// <summary>The real service in a process of its own, and its clients.</summary>
internal sealed partial class LoadedService : IAsyncDisposable
{
    private readonly ServiceProcess _process;

    private LoadedService(ServiceProcess process) => _process = process;

    public HttpClient Client => _process.Client;

    /// <summary>Resident megabytes.</summary>
    public double Megabytes => _process.ResidentBytes / (1024.0 * 1024);

    /// <param name="models">Folder of model folders; null: the repository's.</param>
    /// <param name="settings">Further ones: key and value in turn.</param>
    public static Task<LoadedService> StartAsync(string? models, params string[] settings) =>
        StartBuildAsync(null, ["--Engine:ModelsFolder", models ?? Path.Combine(RepositoryPaths.Root, "models"), .. settings]);

    /// <param name="program">Another build's EcoM2F.Serving.dll; null: this one's.</param>
    /// <param name="settings">Key and value in turn. Without a folder of models, those of the build's own repository.</param>
    public static async Task<LoadedService> StartBuildAsync(string? program, params string[] settings) =>
        new(await ServiceProcess.StartAsync(["--Serilog:MinimumLevel:Default", "Error", .. settings], CancellationToken.None, program));

    /// <returns>Once the whole answer is there.</returns>
    public async Task<HttpResponseMessage> PostAsync(byte[] photo, string budget = "", string query = "", CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/segment" + query) { Content = new ByteArrayContent(photo) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        request.Headers.TryAddWithoutValidation("Compute-Budget", budget);
        return await Client.SendAsync(request, cancellationToken);
    }

    /// <summary>Clients that wait for each answer before they send the next image.</summary>
    /// <param name="observe">Told of each answer: its number, milliseconds, and the answer, which must be a success; on several threads.</param>
    /// <returns>Images a second, and each answer's milliseconds.</returns>
    public async Task<(double Rate, double[] Milliseconds)> RunClosedAsync(
        IReadOnlyList<byte[]> photos, int images, int clients, string budget, Action<int, double, HttpResponseMessage>? observe = null)
    {
        var next = -1;
        var times = new double[images];
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < images; i = Interlocked.Increment(ref next))
            {
                var sent = Stopwatch.GetTimestamp();
                using var response = await PostAsync(photos[i % photos.Count], budget);
                times[i] = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
                observe?.Invoke(i, times[i], response.EnsureSuccessStatusCode());
            }
        }));
        return (images / Stopwatch.GetElapsedTime(start).TotalSeconds, times);
    }

    /// <summary>A value of <c>/metrics</c>, summed over its labels; 0 where there is none.</summary>
    public async Task<double> MetricAsync(string name)
    {
        var text = await Client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        return text.Split('\n').Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal))
            .Sum(static line => double.Parse(line.AsSpan(line.LastIndexOf(' ')), CultureInfo.InvariantCulture));
    }

    /// <summary>Open file descriptors and threads, as the kernel counts them.</summary>
    public (int Handles, int Threads) Counts()
    {
        var status = File.ReadAllText($"/proc/{_process.Id}/status");
        return (Directory.GetFiles($"/proc/{_process.Id}/fd").Length, int.Parse(ThreadCount().Match(status).Groups[1].ValueSpan, CultureInfo.InvariantCulture));
    }

    /// <summary>The most that was ever resident, in megabytes.</summary>
    public double PeakMegabytes() =>
        double.Parse(Peak().Match(File.ReadAllText($"/proc/{_process.Id}/status")).Groups[1].ValueSpan, CultureInfo.InvariantCulture) / 1024;

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    [GeneratedRegex(@"^Threads:\s+([0-9]+)", RegexOptions.Multiline)]
    private static partial Regex ThreadCount();

    [GeneratedRegex(@"^VmHWM:\s+([0-9]+) kB", RegexOptions.Multiline)]
    private static partial Regex Peak();
}
