using Microsoft.Extensions.Logging;

namespace EcoM2F.Inference.Imaging;

internal static partial class ImagingLog
{
    /// <param name="reason">What the native decoder said: several lines, some of them many times. It says nothing of the image's content.</param>
    public static void NotDecoded(ILogger logger, Exception reason)
    {
        if (logger.IsEnabled(LogLevel.Debug))
        {
            NotDecoded(logger, string.Join("; ", reason.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct()));
        }
    }

    [LoggerMessage(2001, LogLevel.Debug, "The decoder refused an image: {Reason}")]
    private static partial void NotDecoded(ILogger logger, string reason);
}
