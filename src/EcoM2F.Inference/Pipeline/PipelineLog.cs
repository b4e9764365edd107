using Microsoft.Extensions.Logging;

namespace EcoM2F.Inference.Pipeline;

internal static partial class PipelineLog
{
    [LoggerMessage(3001, LogLevel.Debug, "Served by {Model} at depth {Depth}/{MaxDepth} ({Reason}): {Gmacs:0.00} GMACs, {Milliseconds:0.0} ms")]
    public static partial void Served(ILogger logger, string model, int depth, int maxDepth, string reason, double gmacs, double milliseconds);
}
