namespace EcoM2F.Serving.Http;

/// <summary>Log messages of the HTTP side, 1000 to 1099.</summary>
internal static partial class HttpLog
{
    [LoggerMessage(1001, LogLevel.Information, "Segmented: {Status} in {Milliseconds:0.0} ms, model {Model}, depth {Depth} ({Reason})")]
    public static partial void Answered(ILogger logger, int status, double milliseconds, string model, int depth, string reason);

    [LoggerMessage(1002, LogLevel.Information, "Refused: {Status} in {Milliseconds:0.0} ms, model {Model}: {Problem}")]
    public static partial void Refused(ILogger logger, int status, double milliseconds, string model, string problem);

    [LoggerMessage(1003, LogLevel.Error, "The model failed")]
    public static partial void ModelFailed(ILogger logger, Exception exception);

    [LoggerMessage(1004, LogLevel.Error, "Unexpected failure")]
    public static partial void Unexpected(ILogger logger, Exception exception);
}
