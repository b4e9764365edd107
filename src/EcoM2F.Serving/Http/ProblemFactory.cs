using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Requests;
using Microsoft.AspNetCore.Mvc;

namespace EcoM2F.Serving.Http;

/// <summary>The one place where exceptions become problems: of a whole request, or of one image of a batch.</summary>
internal sealed class ProblemFactory(UploadLimits limits, BatchLimits batch, ILogger<ProblemFactory> logger)
{
    public ProblemDetails Create(Exception exception)
    {
        switch (exception)
        {
            case SegmentationException { Error: SegmentationError.ModelFailed }:
                HttpLog.ModelFailed(logger, exception);
                return Problem(ProblemKind.InternalError, "The model failed on this image. The service's log has the reason under this trace_id.");
            case SegmentationException failure:
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

    private string? Allowed(SegmentationException failure) => failure switch
    {
        { Error: SegmentationError.BadBudget, Field: { } key } => ComputeBudgetParser.Allowed.GetValueOrDefault(key, ComputeBudgetParser.AllowedKeys),
        { Error: SegmentationError.BadRequest, Field: BatchUpload.Form } => batch.Allowed,
        { Error: SegmentationError.BadRequest, Field: "body" or "image" } => ImageUpload.Allowed,
        { Error: SegmentationError.BadRequest, Field: UploadDiagnosis.ContentType } => UploadDiagnosis.AllowedBoundary,
        { Error: SegmentationError.BadRequest, Field: { } name } => RequestParameters.Allowed.GetValueOrDefault(name, RequestParameters.AllowedNames),
        { Error: SegmentationError.UnknownModel, Field: { } name } => RequestParameters.Allowed.GetValueOrDefault(name),
        { Error: SegmentationError.UnsupportedFormat, Field: UploadDiagnosis.ContentEncoding } => UploadDiagnosis.Identity,
        { Error: SegmentationError.UnsupportedFormat, Field: not null } => ImageUpload.Allowed,
        { Error: SegmentationError.BadImage, Field: UploadDiagnosis.ContentType } => ImageUpload.Allowed,
        { Error: SegmentationError.UnsupportedFormat } => ImageFormats.Names,
        { Error: SegmentationError.UnsupportedOutput, Field: BatchEntry.ContentType } => BatchEntry.ContentType,
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
