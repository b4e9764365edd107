using Microsoft.Extensions.Logging;

namespace EcoM2F.Inference.Imaging;

internal static partial class ImagingLog
{
    /// <param name="reason">What the native decoder said; it says nothing of the image's content.</param>
    [LoggerMessage(2001, LogLevel.Debug, "The decoder refused an image: {Reason}")]
    public static partial void NotDecoded(ILogger logger, string reason);
}
