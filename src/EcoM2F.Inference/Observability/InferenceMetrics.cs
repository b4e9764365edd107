using System.Diagnostics;
using System.Diagnostics.Metrics;
using EcoM2F.Inference.Depth;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;

namespace EcoM2F.Inference.Observability;

/// <summary>
/// Every instrument of the product, by OpenTelemetry name and UCUM unit. Label values come from fixed lists and from the names
/// of loaded models, never from what a client sent. Thread-safe.
/// </summary>
public sealed class InferenceMetrics : IDisposable
{
    public const string MeterName = "EcoM2F";

    /// <summary>Profile label of an image whose depth no gate chose.</summary>
    private const string NoProfile = "none";

    /// <summary>Profile label of an image whose request named a beta.</summary>
    private const string BetaProfile = "beta";

    /// <summary>Statuses that <c>/v1/segment</c> answers with; anything else is counted as 500.</summary>
    private static readonly int[] Statuses = [200, 400, 404, 405, 406, 413, 415, 499, 500, 503, 504];

    private readonly Meter _meter;
    private readonly Histogram<int> _depth;
    private readonly Counter<long> _layersSaved;
    private readonly Counter<double> _gmacs;
    private readonly Counter<double> _gmacsSaved;
    private readonly Histogram<double> _stageDuration;
    private readonly Histogram<double> _requestDuration;
    private readonly Histogram<int> _batchSize;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _rejected;
    private readonly Counter<double> _deviceSeconds;
    private readonly Counter<double> _devicePredicted;

    public InferenceMetrics(IMeterFactory meterFactory)
    {
        _meter = meterFactory.Create(MeterName);
        var seconds = new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] };
        var whole = new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] };
        _depth = _meter.CreateHistogram("ecom2f.encoder.depth", "{layer}", "Encoder layers that served images used; average = sum / count.", null, whole);
        _layersSaved = _meter.CreateCounter<long>("ecom2f.encoder.layers.saved", "{layer}", "Encoder layers not run, against the deepest exit.");
        _gmacs = _meter.CreateCounter<double>("ecom2f.gmacs", "{GMAC}", "Multiply-adds of served images, in billions.");
        _gmacsSaved = _meter.CreateCounter<double>("ecom2f.gmacs.saved", "{GMAC}", "Multiply-adds not spent, against the deepest exit for the same images, in billions.");
        _stageDuration = _meter.CreateHistogram("ecom2f.stage.duration", "s", "Time of one stage of one image.", null, seconds);
        _requestDuration = _meter.CreateHistogram("ecom2f.request.duration", "s", "Time from a request's headers to its answer.", null, seconds);
        _batchSize = _meter.CreateHistogram("ecom2f.batch.size", "{image}", "Images that ran through the model together.", null, whole);
        _requests = _meter.CreateCounter<long>("ecom2f.requests", "{request}", "Answers by status; refusals too.");
        _rejected = _meter.CreateCounter<long>("ecom2f.requests.rejected", "{request}", "Requests refused because of load, limits of time, or state.");
        _deviceSeconds = _meter.CreateCounter<double>("ecom2f.device.seconds", "s", "Time that images took on the device.");
        // an annotation, for "s" would be appended to a name that does not end in it
        _devicePredicted = _meter.CreateCounter<double>("ecom2f.device.seconds.predicted", "{second}", "Time that the same images had been expected to take on the device.");
        foreach (var reason in RejectionReasons.All)
        {
            _rejected.Add(0, new KeyValuePair<string, object?>("reason", reason));
        }

        AddRequests(0, "");
    }

    /// <summary>Publishes what is read at each scrape. Called once, by the composition root.</summary>
    public void Observe(Func<int> queueImages, Func<TimeSpan> queuePredicted, Func<bool> ready, Func<IEnumerable<ModelManifest>> models, string buildVersion)
    {
        _meter.CreateObservableGauge("ecom2f.queue.images", queueImages, "{image}", "Images that wait for the device.");
        _meter.CreateObservableGauge("ecom2f.queue.predicted", () => queuePredicted().TotalSeconds, "s", "Device time that waiting and running images are expected to take.");
        _meter.CreateObservableGauge("ecom2f.ready", () => ready() ? 1 : 0, description: "1 where /readyz answers 200.");
        _meter.CreateObservableGauge("ecom2f.model.max_depth", () => models().Select(static model => new Measurement<int>(model.MaxDepth, ModelTags(model))), "{layer}", "Deepest exit of a loaded model.");
        _meter.CreateObservableGauge("ecom2f.model.info", () => models().Select(static model => new Measurement<int>(1, ModelTags(model))), description: "Always 1: loaded models and their versions.");
        _meter.CreateObservableGauge("ecom2f.build.info", () => new Measurement<int>(1, new KeyValuePair<string, object?>("version", buildVersion)), description: "Always 1: version of the service.");
    }

    /// <summary>Starts a loaded model's counters at 0, so that rates are right from its first image.</summary>
    public void ReportModelLoaded(ModelManifest model)
    {
        var tag = new KeyValuePair<string, object?>("model", model.Name);
        _layersSaved.Add(0, tag);
        _gmacs.Add(0, tag);
        _gmacsSaved.Add(0, tag);
        _deviceSeconds.Add(0, tag);
        _devicePredicted.Add(0, tag);
        AddRequests(0, model.Name);
    }

    /// <summary>One image that was served; neither warm-up nor canary.</summary>
    internal void ReportServed(ModelManifest model, ComputeUsed compute, double gmacsAtMaxDepth)
    {
        var tag = new KeyValuePair<string, object?>("model", model.Name);
        var decision = compute.Decision;
        _depth.Record(decision.Depth, new TagList
        {
            { "model", model.Name },
            { "version", model.Version },
            { "profile", decision.Profile ?? (decision.Beta is null ? NoProfile : BetaProfile) },
            { "reason", decision.Reason.ToName() },
        });
        _layersSaved.Add(model.MaxDepth - decision.Depth, tag);
        _gmacs.Add(compute.Gmacs, tag);
        _gmacsSaved.Add(gmacsAtMaxDepth - compute.Gmacs, tag);
        _batchSize.Record(1, tag);
        if (_stageDuration.Enabled)
        {
            foreach (var (stage, duration) in compute.Stages)
            {
                _stageDuration.Record(duration.TotalSeconds, tag, new KeyValuePair<string, object?>("stage", stage));
            }
        }
    }

    /// <summary>What an image took on the device, beside what had been expected of it.</summary>
    internal void ReportDevice(ModelManifest model, TimeSpan actual, TimeSpan predicted)
    {
        var tag = new KeyValuePair<string, object?>("model", model.Name);
        _deviceSeconds.Add(actual.TotalSeconds, tag);
        _devicePredicted.Add(predicted.TotalSeconds, tag);
    }

    /// <summary>One answer of <c>/v1/segment</c>.</summary>
    /// <param name="model">Name of a loaded model, or empty where the request named none that is.</param>
    public void ReportRequest(string model, int status, TimeSpan duration)
    {
        var modelTag = new KeyValuePair<string, object?>("model", model);
        _requests.Add(1, modelTag, StatusTag(status));
        _requestDuration.Record(duration.TotalSeconds, modelTag);
    }

    /// <param name="reason">One of <see cref="RejectionReasons.All"/>.</param>
    public void ReportRejected(string reason)
    {
        Debug.Assert(RejectionReasons.All.Contains(reason), "Reasons come from a fixed list.");
        _rejected.Add(1, new KeyValuePair<string, object?>("reason", reason));
    }

    public void Dispose() => _meter.Dispose();

    private void AddRequests(long count, string model)
    {
        foreach (var status in Statuses)
        {
            _requests.Add(count, new KeyValuePair<string, object?>("model", model), StatusTag(status));
        }
    }

    private static KeyValuePair<string, object?> StatusTag(int status)
    {
        var known = Array.IndexOf(Statuses, status) >= 0 ? status : 500;
        return new("status", known.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    private static KeyValuePair<string, object?>[] ModelTags(ModelManifest model) =>
        [new("model", model.Name), new("version", model.Version)];
}
