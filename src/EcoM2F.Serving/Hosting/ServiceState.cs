namespace EcoM2F.Serving.Hosting;

/// <summary>Where the service is between start and end. Thread-safe.</summary>
internal sealed class ServiceState
{
    private volatile bool _draining;
    private volatile int _exitCode;

    /// <summary>Once true, stays: the service is stopping and no longer ready.</summary>
    public bool IsDraining => _draining;

    /// <summary>Of the process: 0, or <see cref="ExitCodes.Failed"/> where no model could be loaded.</summary>
    public int ExitCode => _exitCode;

    public void Drain() => _draining = true;

    public void Fail() => _exitCode = ExitCodes.Failed;
}
