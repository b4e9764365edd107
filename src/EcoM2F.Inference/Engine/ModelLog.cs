using Microsoft.Extensions.Logging;

namespace EcoM2F.Inference.Engine;

internal static partial class ModelLog
{
    [LoggerMessage(4001, LogLevel.Information, "Model {Model} {Version} is ready on {Provider} in {Precision} after {Seconds:0.0} s: hashes verified, canary passed, warmed up")]
    public static partial void Loaded(ILogger logger, string model, string version, string provider, string precision, double seconds);

    [LoggerMessage(4002, LogLevel.Information, "Model {Model}: most images that run through a stage together, as it pays on this machine: {Batches}")]
    public static partial void Batches(ILogger logger, string model, Scheduling.BatchTable batches);
}
