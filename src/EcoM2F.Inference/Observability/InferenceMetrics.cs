using System.Diagnostics;
using System.Diagnostics.Metrics;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Observability;

/// <summary>
/// Every instrument of the engine, by OpenTelemetry name and UCUM unit. Label values come from fixed lists and from the names
/// of loaded models, never from what a client sent. Thread-safe.
/// </summary>
public sealed class InferenceMetrics : IDisposable
{
    public const string MeterName = "EcoM2F";

    /// <summary>Buckets of what takes from a millisecond to half a minute.</summary>
    public static InstrumentAdvice<double> Seconds { get; } = new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] };

    /// <summary>From a quarter of the smallest usual input to more than the largest; neighbours differ by about the root of two, as neighbouring sizes of a model do.</summary>
    private static InstrumentAdvice<int> Pixels { get; } = new() { HistogramBucketBoundaries = [20_000, 40_000, 75_000, 110_000, 160_000, 230_000, 330_000, 500_000, 700_000, 1_000_000, 1_500_000, 2_000_000] };

    /// <summary>A tenth is what stages vary by; above 1 the prediction was more than twice the time.</summary>
    private static InstrumentAdvice<double> Parts { get; } = new() { HistogramBucketBoundaries = [0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5] };

    /// <summary>Profile label of an image whose depth no gate chose.</summary>
    private const string NoProfile = "none";

    /// <summary>Profile label of an image whose request named a beta.</summary>
    private const string BetaProfile = "beta";

    private readonly Meter _meter;
    private readonly Histogram<int> _depth;
    private readonly Histogram<int> _inputPixels;
    private readonly Counter<long> _layersSaved;
    private readonly Counter<double> _gmacs;
    private readonly Counter<double> _gmacsSaved;
    private readonly Histogram<double> _stageDuration;
    private readonly Histogram<int> _batchSize;
    private readonly Counter<double> _deviceSeconds;
    private readonly Counter<double> _devicePredicted;
    private readonly Histogram<double> _predictionError;
    private readonly Counter<long> _stemsKnown;
    private readonly Counter<long> _stemsRun;

    public InferenceMetrics(IMeterFactory meterFactory)
    {
        _meter = meterFactory.Create(MeterName);
        var whole = new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] };
        _depth = _meter.CreateHistogram("ecom2f.encoder.depth", "{layer}", "Encoder layers that served images used; average = sum / count.", null, whole);
        _inputPixels = _meter.CreateHistogram("ecom2f.input.pixels", "{pixel}", "Pixels of the model's input that served images were resized to; average = sum / count.", null, Pixels);
        _layersSaved = _meter.CreateCounter<long>("ecom2f.encoder.layers.saved", "{layer}", "Encoder layers not run, against the deepest exit.");
        _gmacs = _meter.CreateCounter<double>("ecom2f.gmacs", "{GMAC}", "Multiply-adds of served images, probes included, in billions.");
        _gmacsSaved = _meter.CreateCounter<double>("ecom2f.gmacs.saved", "{GMAC}", "Multiply-adds not spent, against the deepest exit at the model's own size for the same images, in billions; 0 of an image that took more.");
        _stageDuration = _meter.CreateHistogram("ecom2f.stage.duration", "s", "Time of one stage of one image.", null, Seconds);
        _batchSize = _meter.CreateHistogram("ecom2f.batch.size", "{image}", "Images that ran through the model together.", null, whole);
        _deviceSeconds = _meter.CreateCounter<double>("ecom2f.device.seconds", "s", "Time that images took on the device.");
        // an annotation, for "s" would be appended to a name that does not end in it
        _devicePredicted = _meter.CreateCounter<double>("ecom2f.device.seconds.predicted", "{second}", "Time that the same images had been expected to take on the device.");
        _stemsKnown = _meter.CreateCounter<long>("ecom2f.stem.cache.hits", "{stem}", "Stems that did not run because the same image had been here before.");
        _stemsRun = _meter.CreateCounter<long>("ecom2f.stem.cache.misses", "{stem}", "Stems that ran, where outputs are kept for the same image again.");
        _predictionError = _meter.CreateHistogram("ecom2f.device.prediction.error", "1", "How far the expected time on the device was from the real one, as a part of the real one.", null, Parts);
    }

    /// <summary>Publishes what is read at each scrape. Called once, by the composition root.</summary>
    public void Observe(Func<int> queueImages, Func<TimeSpan> queuePredicted, Func<bool> brownout, Func<long> stemBytes, Func<bool> ready, Func<IEnumerable<ModelManifest>> models, string buildVersion)
    {
        _meter.CreateObservableGauge("ecom2f.queue.images", queueImages, "{image}", "Images that wait for the device.");
        _meter.CreateObservableGauge("ecom2f.queue.predicted", () => queuePredicted().TotalSeconds, "s", "Device time that waiting and running images are expected to take.");
        _meter.CreateObservableGauge("ecom2f.brownout.active", () => brownout() ? 1 : 0, description: "1 from the first image whose compute load has lowered until five seconds have passed without one.");
        _meter.CreateObservableGauge("ecom2f.stem.cache.size", stemBytes, "By", "Bytes of stem outputs that are kept for the same images again.");
        _meter.CreateObservableGauge("ecom2f.ready", () => ready() ? 1 : 0, description: "1 where /readyz answers 200.");
        _meter.CreateObservableGauge("ecom2f.model.max_depth", () => models().Select(static model => new Measurement<int>(model.MaxDepth, ModelTags(model))), "{layer}", "Deepest exit of a loaded model.");
        _meter.CreateObservableGauge("ecom2f.model.info", () => models().Select(static model => new Measurement<int>(1, ModelTags(model))), description: "Always 1: loaded models and their versions.");
        _meter.CreateObservableGauge("ecom2f.build.info", () => new Measurement<int>(1, new KeyValuePair<string, object?>("version", buildVersion)), description: "Always 1: version of the service.");
    }

    /// <summary>Starts a loaded model's counters at 0, so that rates are right from its first image.</summary>
    internal void ReportModelLoaded(ModelManifest model)
    {
        var tag = new KeyValuePair<string, object?>("model", model.Name);
        _layersSaved.Add(0, tag);
        _gmacs.Add(0, tag);
        _gmacsSaved.Add(0, tag);
        _deviceSeconds.Add(0, tag);
        _devicePredicted.Add(0, tag);
        _stemsKnown.Add(0, tag);
        _stemsRun.Add(0, tag);
    }

    /// <summary>One image that was served; neither warm-up nor canary.</summary>
    /// <param name="together">Images that ran through the model together, this one included.</param>
    internal void ReportServed(ModelManifest model, ComputeUsed compute, int together)
    {
        var tag = new KeyValuePair<string, object?>("model", model.Name);
        var decision = compute.Decision;
        var tags = new TagList
        {
            { "model", model.Name },
            { "version", model.Version },
            { "profile", decision.Profile ?? (decision.Beta is null ? NoProfile : BetaProfile) },
            { "reason", decision.Reason.ToName() },
        };
        _depth.Record(decision.Point.Depth, tags);
        _inputPixels.Record(decision.Point.Input.Height * decision.Point.Input.Width, tags);
        _layersSaved.Add(model.MaxDepth - decision.Point.Depth, tag);
        _gmacs.Add(compute.Gmacs, tag);
        _gmacsSaved.Add(Math.Max(0, compute.FullGmacs - compute.Gmacs), tag); // a counter never falls
        _batchSize.Record(together, tag);
        if (_stageDuration.Enabled)
        {
            foreach (var (stage, milliseconds) in compute.Times.All)
            {
                _stageDuration.Record(milliseconds / 1000, tag, new KeyValuePair<string, object?>("stage", stage.ToName()));
            }
        }
    }

    /// <summary>Stems that a served image needed.</summary>
    internal void ReportStems(ModelManifest model, int known, int ran)
    {
        var tag = new KeyValuePair<string, object?>("model", model.Name);
        _stemsKnown.Add(known, tag);
        _stemsRun.Add(ran, tag);
    }

    /// <summary>What an image took on the device, beside what had been expected of it.</summary>
    internal void ReportDevice(ModelManifest model, TimeSpan actual, TimeSpan predicted)
    {
        var tag = new KeyValuePair<string, object?>("model", model.Name);
        _deviceSeconds.Add(actual.TotalSeconds, tag);
        _devicePredicted.Add(predicted.TotalSeconds, tag);
        if (actual > TimeSpan.Zero)
        {
            _predictionError.Record((predicted - actual).Duration() / actual, tag);
        }
    }

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?>[] ModelTags(ModelManifest model) =>
        [new("model", model.Name), new("version", model.Version)];
}
