using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using EcoM2F.Inference.Observability;

namespace EcoM2F.Serving.Observability;

/// <summary>
/// What <c>/v1/segment</c> answered, by OpenTelemetry name and UCUM unit. Label values come from fixed lists and from the names of loaded
/// models, never from what a client sent. Thread-safe.
/// </summary>
internal sealed class RequestMetrics : IDisposable
{
    /// <summary>Statuses that <c>/v1/segment</c> answers with; anything else is counted as 500.</summary>
    private static readonly int[] Statuses = [200, 400, 404, 405, 406, 413, 415, 499, 500, 503, 504];

    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _rejected;

    public RequestMetrics(IMeterFactory meterFactory)
    {
        _meter = meterFactory.Create(InferenceMetrics.MeterName);
        _duration = _meter.CreateHistogram("ecom2f.request.duration", "s", "Time from a request's headers to its answer.", null, InferenceMetrics.Seconds);
        _requests = _meter.CreateCounter<long>("ecom2f.requests", "{request}", "Answers by status; refusals too.");
        _rejected = _meter.CreateCounter<long>("ecom2f.requests.rejected", "{request}", "Requests refused because of load, limits of time, or state.");
        foreach (var reason in RejectionReasons.All)
        {
            _rejected.Add(0, new KeyValuePair<string, object?>("reason", reason));
        }

        ReportModelLoaded("");
    }

    /// <summary>Starts a loaded model's counters at 0, so that rates are right from its first request.</summary>
    public void ReportModelLoaded(string model)
    {
        foreach (var status in Statuses)
        {
            _requests.Add(0, new KeyValuePair<string, object?>("model", model), StatusTag(status));
        }
    }

    /// <summary>One answer.</summary>
    /// <param name="model">Name of a loaded model, or empty where the request named none that is.</param>
    public void ReportRequest(string model, int status, TimeSpan duration)
    {
        var modelTag = new KeyValuePair<string, object?>("model", model);
        _requests.Add(1, modelTag, StatusTag(status));
        _duration.Record(duration.TotalSeconds, modelTag);
    }

    /// <param name="reason">One of <see cref="RejectionReasons.All"/>.</param>
    public void ReportRejected(string reason)
    {
        Debug.Assert(RejectionReasons.All.Contains(reason), "Reasons come from a fixed list.");
        _rejected.Add(1, new KeyValuePair<string, object?>("reason", reason));
    }

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> StatusTag(int status)
    {
        var known = Array.IndexOf(Statuses, status) >= 0 ? status : 500;
        return new("status", known.ToString(CultureInfo.InvariantCulture));
    }
}
