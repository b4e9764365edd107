using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Requests;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace EcoM2F.Serving.Http;

/// <summary>The one place where exceptions become answers.</summary>
internal sealed class ProblemMapper(IProblemDetailsService problems, UploadLimits limits, ILogger<ProblemMapper> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException or IOException && httpContext.RequestAborted.IsCancellationRequested)
        {
            httpContext.Response.StatusCode = ProblemKind.ClientGone.Status;
            return true;
        }

        if (exception is SegmentationException { Error: var error } && httpContext.Features.Get<RequestState>() is { } state)
        {
            state.Error = error;
        }

        var details = ToProblem(httpContext, exception);
        httpContext.Response.StatusCode = details.Status!.Value;
        await problems.WriteAsync(new ProblemDetailsContext { HttpContext = httpContext, ProblemDetails = details });
        return true;
    }

    private ProblemDetails ToProblem(HttpContext context, Exception exception)
    {
        switch (exception)
        {
            case SegmentationException { Error: SegmentationError.ModelFailed }:
                HttpLog.ModelFailed(logger, exception);
                return Problem(ProblemKind.InternalError, "The model failed on this image. The service's log has the reason under this trace_id.");
            case SegmentationException failure:
                SetRetryAfter(context.Response, failure);
                SetAcceptEncoding(context.Response, failure);
                return Problem(ProblemKind.Of(failure.Error), failure.Message, failure.Error == SegmentationError.UnsupportedOutput ? "Accept" : failure.Field, Allowed(failure));
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return Problem(ProblemKind.TooLarge, limits.TooLargeDetail, "body", limits.Allowed);
            case BadHttpRequestException bad:
                return Problem(ProblemKind.BadRequest, bad.Message);
            default:
                HttpLog.Unexpected(logger, exception);
                return Problem(ProblemKind.InternalError, "An unexpected error occurred. The service's log has the reason under this trace_id.");
        }
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

    private string? Allowed(SegmentationException failure) => failure switch
    {
        { Error: SegmentationError.BadBudget, Field: { } key } => ComputeBudgetParser.Allowed.GetValueOrDefault(key, ComputeBudgetParser.AllowedKeys),
        { Error: SegmentationError.BadRequest, Field: "body" or "image" } => ImageUpload.Allowed,
        { Error: SegmentationError.BadRequest, Field: UploadDiagnosis.ContentType } => UploadDiagnosis.AllowedBoundary,
        { Error: SegmentationError.BadRequest, Field: { } name } => RequestParameters.Allowed.GetValueOrDefault(name, RequestParameters.AllowedNames),
        { Error: SegmentationError.UnknownModel, Field: { } name } => RequestParameters.Allowed.GetValueOrDefault(name),
        { Error: SegmentationError.UnsupportedFormat, Field: UploadDiagnosis.ContentEncoding } => UploadDiagnosis.Identity,
        { Error: SegmentationError.UnsupportedFormat, Field: not null } => ImageUpload.Allowed,
        { Error: SegmentationError.BadImage, Field: UploadDiagnosis.ContentType } => ImageUpload.Allowed,
        { Error: SegmentationError.UnsupportedFormat } => ImageFormats.Names,
        { Error: SegmentationError.UnsupportedOutput } => ResponseFormats.AllowedText,
        { Error: SegmentationError.TooLarge, Field: "body" or "image" } => limits.Allowed,
        _ => null,
    };

    private static ProblemDetails Problem(ProblemKind kind, string detail, string? field = null, string? allowed = null)
    {
        var details = new ProblemDetails { Type = kind.Type, Title = kind.Title, Status = kind.Status, Detail = detail };
        details.Extensions[ProblemWriter.FieldKey] = field;
        details.Extensions[ProblemWriter.AllowedKey] = allowed;
        return details;
    }
}
