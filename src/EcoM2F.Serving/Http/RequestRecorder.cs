namespace EcoM2F.Serving.Http;

/// <summary>
/// Outermost middleware of <c>/v1/segment</c> and <c>/v1/segment/batch</c>: takes the time as soon as the headers are read, and has every
/// answer counted before its first byte goes out, so that a client that has its answer finds it in /metrics. Of a batch that is
/// answered, each image counts instead.
/// </summary>
internal sealed class RequestRecorder(RequestDelegate next, AnswerRecorder answers, TimeProvider time)
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
        answers.Record(state.Model, context.Response.StatusCode, time.GetElapsedTime(state.Received), state.Compute, state.Error);
    }
}
