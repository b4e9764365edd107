using System.Diagnostics.Metrics;

namespace EcoM2F.Serving.Tests;

/// <summary>
/// For a second service in one process: meters under other names. Listeners tell meters apart by name only, so that one
/// service's end would take the other's metrics with it.
/// </summary>
internal sealed class QuietMeterFactory : IMeterFactory
{
    private readonly List<Meter> _meters = [];

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(new MeterOptions("Quiet." + options.Name) { Version = options.Version, Tags = options.Tags, Scope = this });
        lock (_meters)
        {
            _meters.Add(meter);
        }

        return meter;
    }

    public void Dispose()
    {
        lock (_meters)
        {
            _meters.ForEach(static meter => meter.Dispose());
        }
    }
}
