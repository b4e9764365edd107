using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace EcoM2F.Serving.Observability;

/// <summary>
/// Metrics as Prometheus text, format version 0.0.4. A series stands there once, whatever the SDK reports (instruments of one name
/// in two meters, an instrument that ended and its successor): Prometheus refuses a whole scrape for one duplicate. Counts add up;
/// of gauges the last holds. Not thread-safe.
/// </summary>
internal sealed class PrometheusWriter
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();
    private readonly StringBuilder _labels = new();
    private readonly OrderedDictionary<string, Sample> _samples = new(StringComparer.Ordinal);

    public string Write(in Batch<Metric> batch)
    {
        _text.Clear();
        // One name may come from several meters (a pool per endpoint, say); its samples must stand together.
        var byName = new SortedDictionary<string, List<Metric>>(StringComparer.Ordinal);
        foreach (var metric in batch)
        {
            var name = PrometheusNames.OfMetric(metric);
            if (!byName.TryGetValue(name, out var same))
            {
                byName[name] = same = [];
            }

            same.Add(metric);
        }

        foreach (var (name, same) in byName)
        {
            WriteHead(name, same[0]);
            _samples.Clear();
            foreach (var metric in same)
            {
                AddPoints(metric);
            }

            foreach (var (labels, sample) in _samples)
            {
                WriteSample(name, labels, sample);
            }
        }

        return _text.ToString();
    }

    private static string TypeName(Metric metric) =>
        metric.MetricType == MetricType.Histogram ? "histogram" : PrometheusNames.IsCounter(metric) ? "counter" : "gauge";

    private void WriteHead(string name, Metric metric)
    {
        var help = string.IsNullOrEmpty(metric.Description) ? metric.Name : metric.Description;
        _text.Append("# HELP ").Append(name).Append(' ')
            .Append(help.Replace("\\", "\\\\", StringComparison.Ordinal).ReplaceLineEndings("\\n")).Append('\n')
            .Append("# TYPE ").Append(name).Append(' ').Append(TypeName(metric)).Append('\n');
    }

    private void AddPoints(Metric metric)
    {
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            var sample = SampleOf(metric.MetricType, point);
            if (sample is null)
            {
                continue; // exponential histograms are not configured
            }

            SetLabels(point.Tags);
            var labels = _labels.ToString();
            var isGauge = metric.MetricType is MetricType.LongGauge or MetricType.DoubleGauge;
            _samples[labels] = !isGauge && _samples.TryGetValue(labels, out var other) ? other.Plus(sample) : sample;
        }
    }

    private static Sample? SampleOf(MetricType type, in MetricPoint point) => type switch
    {
        MetricType.Histogram => Histogram(point),
        MetricType.LongSum or MetricType.LongSumNonMonotonic => new(point.GetSumLong()),
        MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => new(point.GetSumDouble()),
        MetricType.LongGauge => new(point.GetGaugeLastValueLong()),
        MetricType.DoubleGauge => new(point.GetGaugeLastValueDouble()),
        _ => null,
    };

    private static Sample Histogram(in MetricPoint point)
    {
        var buckets = new List<(double Bound, long Cumulative)>();
        long cumulative = 0;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            cumulative += bucket.BucketCount;
            buckets.Add((bucket.ExplicitBound, cumulative));
        }

        return new(point.GetHistogramSum(), point.GetHistogramCount(), buckets);
    }

    private void WriteSample(string name, string labels, Sample sample)
    {
        if (sample.Buckets is null)
        {
            WriteLine(name, labels, sample.Value);
            return;
        }

        foreach (var (bound, cumulative) in sample.Buckets)
        {
            WriteLine($"{name}_bucket", $"{labels}{(labels.Length > 0 ? "," : "")}le=\"{Number(bound)}\"", cumulative);
        }

        WriteLine($"{name}_sum", labels, sample.Value);
        WriteLine($"{name}_count", labels, sample.Count);
    }

    private void WriteLine(string name, string labels, double value)
    {
        _text.Append(name);
        if (labels.Length > 0)
        {
            _text.Append('{').Append(labels).Append('}');
        }

        _text.Append(' ').Append(Number(value)).Append('\n');
    }

    private void SetLabels(ReadOnlyTagCollection tags)
    {
        _labels.Clear();
        foreach (var (key, value) in tags)
        {
            _labels.Append(_labels.Length > 0 ? "," : "").Append(PrometheusNames.OfLabel(key)).Append("=\"");
            foreach (var c in Text(value))
            {
                _ = c switch
                {
                    '\\' => _labels.Append("\\\\"),
                    '"' => _labels.Append("\\\""),
                    '\n' => _labels.Append("\\n"),
                    _ => _labels.Append(c),
                };
            }

            _labels.Append('"');
        }
    }

    private static string Text(object? value) => value switch
    {
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    /// <param name="Value">Of a counter or gauge; of a histogram the sum of what it observed.</param>
    /// <param name="Count">Observations of a histogram.</param>
    /// <param name="Buckets">Upper bounds, rising, the last infinite, with the observations up to each; of histograms only.</param>
    private sealed record Sample(double Value, long Count = 0, List<(double Bound, long Cumulative)>? Buckets = null)
    {
        /// <summary>The sum of both, or this one where they are of different kinds or bounds.</summary>
        public Sample Plus(Sample other)
        {
            if (Buckets is null && other.Buckets is null)
            {
                return new(Value + other.Value);
            }

            return Buckets is not null && other.Buckets is not null && Bounds.SequenceEqual(other.Bounds)
                ? new(Value + other.Value, Count + other.Count, [.. Buckets.Zip(other.Buckets, static (one, two) => (one.Bound, one.Cumulative + two.Cumulative))])
                : this;
        }

        private IEnumerable<double> Bounds => Buckets!.Select(static bucket => bucket.Bound);
    }
}
