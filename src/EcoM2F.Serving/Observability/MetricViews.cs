using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;

namespace EcoM2F.Serving.Observability;

/// <summary>
/// Which instruments are exported. The SDK listens to meters by name, in the whole process: without this, another host's
/// instruments of the same names would be counted as this one's, and taken out of its answers when that host ends.
/// </summary>
/// <param name="ownMeters">This host's factory, which stands as scope in every meter that it made.</param>
internal sealed class MetricViews(IMeterFactory ownMeters)
{
    /// <returns>Null: as it is.</returns>
    public MetricStreamConfiguration? ViewOf(Instrument instrument)
    {
        // the runtime's own meter has no scope: it is the process's
        var isOwn = instrument.Meter.Scope is null || ReferenceEquals(instrument.Meter.Scope, ownMeters);
        return isOwn ? null : MetricStreamConfiguration.Drop;
    }
}
