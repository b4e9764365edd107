using System.Diagnostics.Metrics;
using EcoM2F.Serving.Observability;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace EcoM2F.Serving.Tests.Observability;

public sealed class PrometheusExporterTests : IDisposable
{
    private readonly Meter _meter = new("EcoM2F.Tests.Prometheus");
    private readonly Meter _other = new("EcoM2F.Tests.Prometheus.Other");
    private readonly PrometheusExporter _sut = new();
    private readonly MeterProvider _provider;

    public PrometheusExporterTests() =>
        _provider = Sdk.CreateMeterProviderBuilder().AddMeter(_meter.Name, _other.Name).AddReader(_sut.Reader).Build();

    public void Dispose()
    {
        _provider.Dispose();
        _meter.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task Scrape_CounterAtZero_IsThere()
    {
        _meter.CreateCounter<long>("shop.sales", "{sale}", "Sales.").Add(0, new KeyValuePair<string, object?>("kind", "a\"b\\c\nd"));

        Assert.Equal(
            "# HELP shop_sales_total Sales.\n# TYPE shop_sales_total counter\nshop_sales_total{kind=\"a\\\"b\\\\c\\nd\"} 0\n",
            await ScrapeAsync());
    }

    [Fact]
    public async Task Scrape_Histogram_IsCumulative()
    {
        var histogram = _meter.CreateHistogram("shop.items", "{item}", "Items.", null, new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2] });
        histogram.Record(1);
        histogram.Record(2);
        histogram.Record(7);

        Assert.Equal(
            "# HELP shop_items Items.\n# TYPE shop_items histogram\nshop_items_bucket{le=\"1\"} 1\nshop_items_bucket{le=\"2\"} 2\nshop_items_bucket{le=\"+Inf\"} 3\nshop_items_sum 10\nshop_items_count 3\n",
            await ScrapeAsync());
    }

    [Fact]
    public async Task Scrape_GaugesAndUpDownCounters_AreGauges()
    {
        _meter.CreateObservableGauge("shop.open", static () => 1, description: "Whether it is open.");
        _meter.CreateUpDownCounter<double>("shop.weight", "By", "Weight.").Add(-1.5);

        Assert.Equal(
            "# HELP shop_open Whether it is open.\n# TYPE shop_open gauge\nshop_open 1\n# HELP shop_weight_bytes Weight.\n# TYPE shop_weight_bytes gauge\nshop_weight_bytes -1.5\n",
            await ScrapeAsync());
    }

    [Fact]
    public async Task Scrape_OneNameInTwoMeters_EachSeriesOnce()
    {
        foreach (var meter in new[] { _meter, _other })
        {
            meter.CreateCounter<long>("shop.sales", null, "Sales.").Add(2, new KeyValuePair<string, object?>("kind", "cash"));
            meter.CreateObservableGauge("shop.open", () => meter == _other ? 5 : 3, description: "Tills.");
            var histogram = meter.CreateHistogram("shop.items", null, "Items.", null, new InstrumentAdvice<int> { HistogramBucketBoundaries = [1] });
            histogram.Record(1);
            histogram.Record(4);
            meter.CreateHistogram("shop.queue", null, "Queue.", null, new InstrumentAdvice<int> { HistogramBucketBoundaries = [meter == _other ? 2 : 1] }).Record(1);
        }

        Assert.Equal(
            "# HELP shop_items Items.\n# TYPE shop_items histogram\nshop_items_bucket{le=\"1\"} 2\nshop_items_bucket{le=\"+Inf\"} 4\nshop_items_sum 10\nshop_items_count 4\n"
            + "# HELP shop_open Tills.\n# TYPE shop_open gauge\nshop_open 5\n"
            + "# HELP shop_queue Queue.\n# TYPE shop_queue histogram\nshop_queue_bucket{le=\"1\"} 1\nshop_queue_bucket{le=\"+Inf\"} 1\nshop_queue_sum 1\nshop_queue_count 1\n"
            + "# HELP shop_sales_total Sales.\n# TYPE shop_sales_total counter\nshop_sales_total{kind=\"cash\"} 4\n",
            await ScrapeAsync());
    }

    [Fact]
    public async Task Scrape_Overlapping_EachSeesWhatCameBefore()
    {
        var counter = _meter.CreateCounter<long>("shop.visits", null, "Visits.");
        var scrapes = new List<Task>();
        for (var i = 1; i <= 200; i++)
        {
            counter.Add(1);
            var atLeast = i;
            scrapes.Add(Task.Run(async () => Assert.True(Value(await ScrapeAsync()) >= atLeast), TestContext.Current.CancellationToken));
        }

        await Task.WhenAll(scrapes);
    }

    private static int Value(string text) => int.Parse(text.TrimEnd('\n').Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture);

    private Task<string> ScrapeAsync() => _sut.ScrapeAsync(TestContext.Current.CancellationToken);
}
