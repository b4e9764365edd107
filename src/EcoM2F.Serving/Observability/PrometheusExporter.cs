using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace EcoM2F.Serving.Observability;

/// <summary>
/// What <c>/metrics</c> answers. Our own, because the ready-made exporter lets scrapes that overlap share one collection:
/// the later one may then miss a request that was answered before it began.
/// </summary>
internal sealed class PrometheusExporter : BaseExporter<Metric>
{
    private readonly PrometheusWriter _writer = new();
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private string _text = "";

    public PrometheusExporter() =>
        Reader = new BaseExportingMetricReader(this) { TemporalityPreference = MetricReaderTemporalityPreference.Cumulative };

    /// <summary>Belongs to the meter provider, which disposes it.</summary>
    public MetricReader Reader { get; }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        _text = _writer.Write(batch);
        return ExportResult.Success;
    }

    /// <summary>Collects afresh, also where another scrape is under way; the SDK allows one collection at a time.</summary>
    public async Task<string> ScrapeAsync(CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            return Reader.Collect() ? _text : throw new InvalidOperationException("The metrics could not be collected.");
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _oneAtATime.Dispose();
        }

        base.Dispose(disposing);
    }
}
