using EcoM2F.Inference.Scheduling;
using Microsoft.Extensions.Options;

namespace EcoM2F.Inference.Engine;

/// <summary>Resources that all images share: the device worker, the host's work slots, the clock. Owns them; disposed after the last request.</summary>
public sealed class EngineResources(IOptions<EngineOptions> options, TimeProvider time) : IDisposable
{
    public DeviceWorker Device { get; } = new(options.Value.QueueImages);

    internal HostWork Host { get; } = new();

    public TimeProvider Time { get; } = time;

    public void Dispose()
    {
        Device.Dispose();
        Host.Dispose();
    }
}
