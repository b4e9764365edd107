namespace EcoM2F.Serving.Hosting;

/// <summary>Log messages of start and stop, 1100 to 1199.</summary>
internal static partial class HostLog
{
    [LoggerMessage(1101, LogLevel.Information, "Loading models from {Folder}")]
    public static partial void Loading(ILogger logger, string folder);

    [LoggerMessage(1102, LogLevel.Information, "Ready: {Models}, after {Seconds:0.0} s")]
    public static partial void Ready(ILogger logger, string models, double seconds);

    [LoggerMessage(1103, LogLevel.Critical, "Models could not be loaded: {Failure}")]
    public static partial void LoadFailed(ILogger logger, string failure);

    [LoggerMessage(1104, LogLevel.Debug, "Why models could not be loaded")]
    public static partial void LoadFailedBecause(ILogger logger, Exception exception);

    [LoggerMessage(1105, LogLevel.Information, "Stopping: not ready; new requests are refused after {DelaySeconds:0.#} s, running ones have {DrainSeconds:0.#} s more")]
    public static partial void Draining(ILogger logger, double delaySeconds, double drainSeconds);

    [LoggerMessage(1106, LogLevel.Information, "Stopped")]
    public static partial void Stopped(ILogger logger);
}
