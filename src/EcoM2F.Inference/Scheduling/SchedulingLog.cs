using Microsoft.Extensions.Logging;

namespace EcoM2F.Inference.Scheduling;

internal static partial class SchedulingLog
{
    [LoggerMessage(3101, LogLevel.Warning, "Brownout: images get less compute than they would without load")]
    public static partial void BrownoutBegins(ILogger logger);

    [LoggerMessage(3102, LogLevel.Information, "Brownout over: {Images} images got less compute within {Seconds:0.0} s")]
    public static partial void BrownoutEnds(ILogger logger, long images, double seconds);
}
