using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;

namespace EcoM2F.Serving.Observability;

/// <summary>Which instruments are exported, and under what names.</summary>
/// <param name="ownMeters">This host's factory, which stands as scope in every meter that it made.</param>
internal sealed class MetricViews(IMeterFactory ownMeters)
{
    private const string RuntimeMeter = "System.Runtime";

    /// <summary>Of the runtime's. "promtool check metrics" keeps names in <c>_count</c> for histograms and summaries.</summary>
    private static readonly Dictionary<string, MetricStreamConfiguration> Renamed = new(StringComparer.Ordinal)
    {
        ["dotnet.timer.count"] = new() { Name = "dotnet.timers" },
        ["dotnet.assembly.count"] = new() { Name = "dotnet.assemblies" },
        ["dotnet.process.cpu.count"] = new() { Name = "dotnet.process.cpus" },
    };

    /// <summary>Of the runtime's: declared as counters, though they go down. <see cref="ProcessMetrics"/> has them right.</summary>
    private static readonly HashSet<string> Replaced = new(StringComparer.Ordinal)
    {
        "dotnet.thread_pool.thread.count",
        "dotnet.thread_pool.queue.length",
    };

    /// <returns>Null: as it is.</returns>
    public MetricStreamConfiguration? ViewOf(Instrument instrument)
    {
        if (instrument.Meter.Name == RuntimeMeter)
        {
            return Replaced.Contains(instrument.Name) ? MetricStreamConfiguration.Drop : Renamed.GetValueOrDefault(instrument.Name);
        }

        // The SDK listens to meters by name, in the whole process. Without this, another host's instruments of the same names
        // would be counted as this one's, and taken out of its answers when that host ends.
        return ReferenceEquals(instrument.Meter.Scope, ownMeters) ? null : MetricStreamConfiguration.Drop;
    }
}
