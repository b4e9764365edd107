using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;
using EcoM2F.Serving.Observability;
using Microsoft.AspNetCore.WebUtilities;

namespace EcoM2F.Serving.Http;

/// <summary>Counts an answer, of a request or of one image of a batch, and logs a line for it.</summary>
internal sealed class AnswerRecorder(RequestMetrics metrics, ILogger<AnswerRecorder> logger)
{
    /// <param name="model">Name of a loaded model; empty where none was found.</param>
    /// <param name="compute">Present when the model has run.</param>
    /// <param name="error">Why it was refused, if it was.</param>
    public void Record(string model, int status, TimeSpan elapsed, ComputeUsed? compute, SegmentationError? error)
    {
        metrics.ReportRequest(model, status, elapsed);
        if (compute is { Decision: var decision } && status == StatusCodes.Status200OK)
        {
            HttpLog.Answered(logger, status, elapsed.TotalMilliseconds, model, decision.Point.Depth, decision.Reason.ToName());
            return;
        }

        HttpLog.Refused(logger, status, elapsed.TotalMilliseconds, model, error?.ToString() ?? ReasonPhrases.GetReasonPhrase(status));
        if (error is { } refused && RejectionReasons.Of(refused) is { } reason)
        {
            metrics.ReportRejected(reason);
        }
    }
}
