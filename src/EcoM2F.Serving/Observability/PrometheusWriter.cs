using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace EcoM2F.Serving.Observability;

/// <summary>Metrics as Prometheus text, format version 0.0.4. Not thread-safe.</summary>
internal sealed class PrometheusWriter
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();
    private readonly StringBuilder _labels = new();

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
            foreach (var metric in same)
            {
                WritePoints(name, metric);
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

    private void WritePoints(string name, Metric metric)
    {
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            SetLabels(point.Tags);
            switch (metric.MetricType)
            {
                case MetricType.Histogram:
                    WriteHistogram(name, point);
                    break;
                case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                    WriteSample(name, "", point.GetSumLong());
                    break;
                case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                    WriteSample(name, "", point.GetSumDouble());
                    break;
                case MetricType.LongGauge:
                    WriteSample(name, "", point.GetGaugeLastValueLong());
                    break;
                case MetricType.DoubleGauge:
                    WriteSample(name, "", point.GetGaugeLastValueDouble());
                    break;
                default:
                    break; // exponential histograms are not configured
            }
        }
    }

    private void WriteHistogram(string name, in MetricPoint point)
    {
        var common = _labels.Length;
        long cumulative = 0;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            cumulative += bucket.BucketCount;
            _labels.Append(common > 0 ? "," : "").Append("le=\"").Append(Number(bucket.ExplicitBound)).Append('"');
            WriteSample(name, "_bucket", cumulative);
            _labels.Length = common;
        }

        WriteSample(name, "_sum", point.GetHistogramSum());
        WriteSample(name, "_count", point.GetHistogramCount());
    }

    private void WriteSample(string name, string suffix, double value)
    {
        _text.Append(name).Append(suffix);
        if (_labels.Length > 0)
        {
            _text.Append('{').Append(_labels).Append('}');
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
}
