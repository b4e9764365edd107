using System.Collections.Concurrent;
using System.Text;
using OpenTelemetry.Metrics;

namespace EcoM2F.Serving.Observability;

/// <summary>
/// OpenTelemetry's names and units as Prometheus has them: dots become underscores, the unit is spelled out and appended,
/// counters end in <c>_total</c>. Annotations in braces are no units.
/// </summary>
internal static class PrometheusNames
{
    private static readonly Dictionary<string, string> Units = new(StringComparer.Ordinal)
    {
        ["s"] = "seconds",
        ["ms"] = "milliseconds",
        ["us"] = "microseconds",
        ["ns"] = "nanoseconds",
        ["min"] = "minutes",
        ["h"] = "hours",
        ["d"] = "days",
        ["By"] = "bytes",
        ["KiBy"] = "kibibytes",
        ["MiBy"] = "mebibytes",
        ["GiBy"] = "gibibytes",
        ["%"] = "percent",
        ["1"] = "",
        [""] = "",
    };

    // "promtool check metrics" keeps _count for histograms and summaries.
    private static readonly Dictionary<string, string> Renamed = new(StringComparer.Ordinal)
    {
        ["dotnet_thread_pool_thread_count"] = "dotnet_thread_pool_threads",
        ["dotnet_timer_count"] = "dotnet_timers",
        ["dotnet_assembly_count"] = "dotnet_assemblies",
        ["dotnet_process_cpu_count"] = "dotnet_process_cpus",
    };

    // The runtime declares these as counters, but they go down.
    private static readonly HashSet<string> Gauges = new(StringComparer.Ordinal)
    {
        "dotnet.thread_pool.thread.count",
        "dotnet.thread_pool.queue.length",
    };

    private static readonly ConcurrentDictionary<(string Name, string Unit, bool IsCounter), string> Known = new();
    private static readonly ConcurrentDictionary<string, string> KnownLabels = new(StringComparer.Ordinal);

    public static string OfMetric(Metric metric) =>
        Known.GetOrAdd((metric.Name, metric.Unit ?? "", IsCounter(metric)), static key => Translate(key.Name, key.Unit, key.IsCounter));

    public static string OfLabel(string key) => KnownLabels.GetOrAdd(key, static key => Sanitise(key));

    public static bool IsCounter(Metric metric) =>
        metric.MetricType is MetricType.LongSum or MetricType.DoubleSum && !Gauges.Contains(metric.Name);

    /// <param name="name">OpenTelemetry's, with dots.</param>
    /// <param name="unit">UCUM.</param>
    public static string Translate(string name, string unit, bool isCounter)
    {
        var text = Sanitise(name);
        var suffix = unit.StartsWith('{') ? "" : Units.GetValueOrDefault(unit) ?? Sanitise(unit);
        if (suffix.Length > 0 && !Contains(text, suffix))
        {
            text += "_" + suffix;
        }

        if (isCounter)
        {
            text = text.EndsWith("_total", StringComparison.Ordinal) ? text : text + "_total";
        }

        return Renamed.GetValueOrDefault(text, text);
    }

    private static bool Contains(string name, string suffix) =>
        name.Split('_').Contains(suffix, StringComparer.Ordinal);

    private static string Sanitise(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            var next = char.IsAsciiLetterOrDigit(c) ? c : '_';
            if (next != '_' || (result.Length > 0 && result[^1] != '_'))
            {
                result.Append(next);
            }
        }

        if (result.Length == 0 || char.IsAsciiDigit(result[0]))
        {
            result.Insert(0, '_');
        }

        return result.ToString();
    }
}
