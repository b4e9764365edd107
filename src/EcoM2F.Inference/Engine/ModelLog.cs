using Microsoft.Extensions.Logging;

namespace EcoM2F.Inference.Engine;

internal static partial class ModelLog
{
    [LoggerMessage(4001, LogLevel.Information, "Model {Model} {Version} is ready on {Provider} in {Precision} after {Seconds:0.0} s: hashes verified, canary passed")]
    public static partial void Loaded(ILogger logger, string model, string version, string provider, string precision, double seconds);

    [LoggerMessage(4003, LogLevel.Information, "Model {Model} has run at all of its usual inputs and exits")]
    public static partial void Warm(ILogger logger, string model);

    [LoggerMessage(4004, LogLevel.Warning, "Model {Model} was not warmed up to the end; images like the one that failed may fail too")]
    public static partial void NotWarm(ILogger logger, string model, Exception exception);

    [LoggerMessage(4002, LogLevel.Information, "Model {Model}: most images that run through a stage together, as it pays on this machine: {Batches}")]
    public static partial void Batches(ILogger logger, string model, Scheduling.BatchTable batches);
}
