using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Scheduling;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EcoM2F.Inference.Engine;

/// <summary>Resources that all images share: admission, the device worker, the host's cores and memory, stems seen lately, the clock. Owns them; disposed after the last request.</summary>
public sealed class EngineResources : IDisposable
{
    /// <param name="random">Spreads the moments at which refused clients come back.</param>
    public EngineResources(IOptions<EngineOptions> options, IOptions<SchedulingOptions> scheduling, TimeProvider time, Random random, ILogger<Brownout> logger)
    {
        var images = options.Value.QueueImages;
        var parallel = Parallel(options.Value, scheduling.Value);
        Device = new DeviceWorker(images, parallel > 1 ? 1 : scheduling.Value.MaxBatch, parallel, time);
        (Time, Admission, Brownout) = (time, new Admission(images, scheduling.Value, time, random), new Brownout(time, logger));
        Stems = new StemCache((long)options.Value.StemCacheMegabytes << 20);
        Host = new HostWork(scheduling.Value.HostMegabytes);
        HostShare = options.Value.ExecutionProvider == ExecutionTarget.CpuProvider ? 1.0 / Environment.ProcessorCount : 0;
    }

    public DeviceWorker Device { get; }

    public Admission Admission { get; }

    public Brownout Brownout { get; }

    internal HostWork Host { get; }

    internal StemCache Stems { get; }

    /// <summary>Bytes of stem outputs that are kept for the same images again.</summary>
    public long StemCacheBytes => Stems.Bytes;

    /// <summary>Share of the device that a piece of work on the host has while it runs: where models run on the CPU, one core of all; none of another device.</summary>
    internal double HostShare { get; }

    public TimeProvider Time { get; }

    public void Dispose()
    {
        Brownout.Dispose();
        Device.Dispose();
        Host.Dispose();
    }

    /// <summary>How many images run at the same time. On a GPU one: a run there has the whole device, and batches fill it.</summary>
    private static int Parallel(EngineOptions options, SchedulingOptions scheduling) =>
        options.ExecutionProvider == ExecutionTarget.CpuProvider ? Math.Min(scheduling.MaxParallel, OrtRuntime.CountOf(options.Threads)) : 1;
}
