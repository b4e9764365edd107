using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace EcoM2F.Serving.Observability;

/// <summary>
/// The process as Prometheus' client libraries report it: the names that dashboards already know. And the thread pool, which the
/// runtime reports in counters although its size goes down, too.
/// </summary>
internal sealed class ProcessMetrics : IDisposable
{
    public const string MeterName = "EcoM2F.Process";

    private const string OpenFiles = "/proc/self/fd";

    private readonly Meter _meter;

    public ProcessMetrics(IMeterFactory meterFactory)
    {
        _meter = meterFactory.Create(MeterName);
        var started = StartTime();
        _meter.CreateObservableGauge("process.resident_memory", static () => Environment.WorkingSet, "By", "Resident memory size.");
        _meter.CreateObservableCounter("process.cpu", static () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "User and system CPU time spent.");
        _meter.CreateObservableGauge("process.start_time", () => started, "s", "Start of the process since the Unix epoch.");
        _meter.CreateObservableUpDownCounter("dotnet.thread_pool.threads", static () => ThreadPool.ThreadCount, "{thread}", "Threads in the thread pool.");
        _meter.CreateObservableUpDownCounter("dotnet.thread_pool.queue.length", static () => ThreadPool.PendingWorkItemCount, "{work_item}", "Work items waiting for a thread of the pool.");
        if (Directory.Exists(OpenFiles))
        {
            _meter.CreateObservableGauge("process.open_fds", static () => Directory.EnumerateFileSystemEntries(OpenFiles).Count(), description: "Open file descriptors.");
        }
    }

    public void Dispose() => _meter.Dispose();

    private static double StartTime()
    {
        using var process = Process.GetCurrentProcess();
        return new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0;
    }
}
