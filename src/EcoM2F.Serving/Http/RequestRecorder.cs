using EcoM2F.Inference.Compute;
using EcoM2F.Serving.Observability;
using Microsoft.AspNetCore.WebUtilities;

namespace EcoM2F.Serving.Http;

/// <summary>
/// Outermost middleware of <c>/v1/segment</c>: takes the time as soon as the headers are read, counts every answer and logs
/// a line for it. Counting happens before the first byte goes out, so that a client that has its answer finds it in /metrics.
/// </summary>
internal sealed class RequestRecorder(RequestDelegate next, RequestMetrics metrics, TimeProvider time, ILogger<RequestRecorder> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var state = new RequestState(time.GetTimestamp());
        context.Features.Set(state);
        context.Response.OnStarting(() =>
        {
            Record(context, state);
            return Task.CompletedTask;
        });
        await next(context);
        if (!context.Response.HasStarted && context.RequestAborted.IsCancellationRequested)
        {
            // nobody is left to start a response for
            context.Response.StatusCode = ProblemKind.ClientGone.Status;
            Record(context, state);
        }
    }

    private void Record(HttpContext context, RequestState state)
    {
        if (state.Recorded)
        {
            return;
        }

        state.Recorded = true;
        var elapsed = time.GetElapsedTime(state.Received);
        var status = context.Response.StatusCode;
        metrics.ReportRequest(state.Model, status, elapsed);
        if (state.Compute is { } compute && status == StatusCodes.Status200OK)
        {
            var decision = compute.Decision;
            HttpLog.Answered(logger, status, elapsed.TotalMilliseconds, state.Model, decision.Point.Depth, decision.Reason.ToName());
        }
        else
        {
            HttpLog.Refused(logger, status, elapsed.TotalMilliseconds, state.Model, state.Error?.ToString() ?? ReasonPhrases.GetReasonPhrase(status));
            if (state.Error is { } error && RejectionReasons.Of(error) is { } reason)
            {
                metrics.ReportRejected(reason);
            }
        }
    }
}
