using System.Diagnostics.Metrics;
using System.Globalization;
using EcoM2F.Serving.Observability;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EcoM2F.Serving.Tests.Observability;

/// <summary>What <c>/metrics</c> makes of instruments, in a host that has nothing else.</summary>
public sealed class MetricsEndpointTests : IAsyncLifetime
{
    /// <summary>What Prometheus 3 asks with.</summary>
    private const string PrometheusAccept = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        + "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

    private WebApplication _app = null!;
    private HttpClient _client = null!;
    private Meter _meter = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddTelemetry(builder.Configuration);
        _app = builder.Build();
        _app.MapMetrics();
        await _app.StartAsync(TestContext.Current.CancellationToken);
        _app.Services.GetRequiredService<ProcessMetrics>();
        _client = _app.GetTestClient();
        _meter = _app.Services.GetRequiredService<IMeterFactory>().Create("EcoM2F");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Theory]
    [InlineData("ecom2f.encoder.layers.saved", "{layer}", "ecom2f_encoder_layers_saved_total")]
    [InlineData("ecom2f.gmacs", "{GMAC}", "ecom2f_gmacs_total")]
    [InlineData("ecom2f.device.seconds", "s", "ecom2f_device_seconds_total")]
    [InlineData("ecom2f.device.seconds.predicted", "{second}", "ecom2f_device_seconds_predicted_total")]
    public async Task Counter_AtZero_IsThere(string name, string unit, string expected)
    {
        _meter.CreateCounter<long>(name, unit, "Sales.").Add(0, new KeyValuePair<string, object?>("kind", "a\"b\\c\nd"));

        Assert.Equal(
            [$"# TYPE {expected} counter", $"# HELP {expected} Sales.", $$"""{{expected}}{kind="a\"b\\c\nd"} 0"""],
            await FamilyAsync(expected));
    }

    [Fact]
    public async Task Histogram_Buckets_AreCumulative()
    {
        var histogram = _meter.CreateHistogram("ecom2f.encoder.depth", "{layer}", "Layers.", null, new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2] });
        foreach (var value in (int[])[1, 2, 7])
        {
            histogram.Record(value, new("version", "1"), new("model", "tiny"));
        }

        Assert.Equal(
            [
                "# TYPE ecom2f_encoder_depth histogram",
                "# HELP ecom2f_encoder_depth Layers.",
                """ecom2f_encoder_depth_bucket{model="tiny",version="1",le="1"} 1""",
                """ecom2f_encoder_depth_bucket{model="tiny",version="1",le="2"} 2""",
                """ecom2f_encoder_depth_bucket{model="tiny",version="1",le="+Inf"} 3""",
                """ecom2f_encoder_depth_sum{model="tiny",version="1"} 10""",
                """ecom2f_encoder_depth_count{model="tiny",version="1"} 3""",
            ],
            await FamilyAsync("ecom2f_encoder_depth"));
    }

    [Fact]
    public async Task Gauge_OfAUnit_HasItInItsName()
    {
        _meter.CreateObservableGauge("ecom2f.queue.predicted", static () => 1.5, "s", "Waiting.");

        Assert.Contains("ecom2f_queue_predicted_seconds{} 1.5", await FamilyAsync("ecom2f_queue_predicted_seconds"));
    }

    [Theory]
    [InlineData("dotnet_thread_pool_threads")]
    [InlineData("dotnet_thread_pool_queue_length")]
    [InlineData("dotnet_timers")]
    [InlineData("dotnet_assemblies")]
    [InlineData("dotnet_process_cpus")]
    [InlineData("process_resident_memory_bytes")]
    [InlineData("process_start_time_seconds")]
    public async Task Process_Sizes_AreGauges(string name) =>
        Assert.Contains($"# TYPE {name} gauge", await FamilyAsync(name));

    [Fact]
    public async Task Scrape_OfPrometheus_GetsTheSameText()
    {
        _meter.CreateCounter<long>("ecom2f.gmacs", "{GMAC}", "Work.").Add(2);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.TryAddWithoutValidation("Accept", PrometheusAccept);
        using var response = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        Assert.True(response.Headers.CacheControl?.NoStore);
        Assert.Contains("\necom2f_gmacs_total{} 2\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("_created", text, StringComparison.Ordinal);
        Assert.DoesNotContain("otel_scope", text, StringComparison.Ordinal);
        Assert.DoesNotContain("target_info", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scrapes_Overlapping_EachSeeWhatCameBefore()
    {
        var counter = _meter.CreateCounter<long>("ecom2f.gmacs", "{GMAC}", "Work.");
        var scrapes = new List<Task>();
        for (var i = 1; i <= 200; i++)
        {
            counter.Add(1);
            var atLeast = i;
            scrapes.Add(Task.Run(async () => Assert.InRange(Value((await FamilyAsync("ecom2f_gmacs_total"))[^1]), atLeast, 200), TestContext.Current.CancellationToken));
        }

        await Task.WhenAll(scrapes);
    }

    private static int Value(string line) => int.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);

    /// <returns>The lines of one family, head and samples.</returns>
    private async Task<string[]> FamilyAsync(string name)
    {
        var text = await _client.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        return [.. text.Split('\n').SkipWhile(line => line != $"# TYPE {name} {line.Split(' ')[^1]}").TakeWhile(line => line.Contains(name, StringComparison.Ordinal))];
    }
}
