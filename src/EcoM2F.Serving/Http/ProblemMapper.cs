using EcoM2F.Inference.Errors;
using Microsoft.AspNetCore.Diagnostics;

namespace EcoM2F.Serving.Http;

/// <summary>Makes an exception the answer of its request.</summary>
internal sealed class ProblemMapper(IProblemDetailsService problems, ProblemFactory factory) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException or IOException && httpContext.RequestAborted.IsCancellationRequested)
        {
            httpContext.Response.StatusCode = ProblemKind.ClientGone.Status;
            return true;
        }

        if (exception is SegmentationException failure)
        {
            SetRetryAfter(httpContext.Response, failure);
            SetAcceptEncoding(httpContext.Response, failure);
            if (httpContext.Features.Get<RequestState>() is { } state)
            {
                state.Error = failure.Error;
            }
        }

        var details = factory.Create(exception);
        httpContext.Response.StatusCode = details.Status!.Value;
        await problems.WriteAsync(new ProblemDetailsContext { HttpContext = httpContext, ProblemDetails = details });
        return true;
    }

    private static void SetRetryAfter(HttpResponse response, SegmentationException failure)
    {
        var wait = failure.RetryAfter ?? (failure.Error == SegmentationError.NotReady ? TimeSpan.FromSeconds(1) : null);
        if (wait is { } time)
        {
            response.Headers.RetryAfter = ((long)Math.Max(1, Math.Ceiling(time.TotalSeconds))).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    // RFC 9110, section 12.5.3: what a 415 for a content coding says it would have taken
    private static void SetAcceptEncoding(HttpResponse response, SegmentationException failure)
    {
        if (failure is { Error: SegmentationError.UnsupportedFormat, Field: UploadDiagnosis.ContentEncoding })
        {
            response.Headers.AcceptEncoding = UploadDiagnosis.Identity;
        }
    }
}
