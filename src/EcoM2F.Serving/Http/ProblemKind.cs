using EcoM2F.Inference.Errors;

namespace EcoM2F.Serving.Http;

/// <summary>One kind of refusal as a client sees it; docs/problems.md explains each.</summary>
/// <param name="Slug">Last part of the stable <c>type</c>.</param>
/// <param name="Title">The same for every occurrence.</param>
internal sealed record ProblemKind(string Slug, int Status, string Title)
{
    public static ProblemKind BadRequest { get; } = new("bad-request", 400, "A parameter is invalid");

    public static ProblemKind BadBudget { get; } = new("bad-budget", 400, "The Compute-Budget header is invalid");

    public static ProblemKind BadImage { get; } = new("bad-image", 400, "The image cannot be decoded");

    public static ProblemKind UnknownModel { get; } = new("unknown-model", 404, "No such model");

    public static ProblemKind NotFound { get; } = new("not-found", 404, "No such resource");

    public static ProblemKind MethodNotAllowed { get; } = new("method-not-allowed", 405, "The resource does not support this method");

    public static ProblemKind NotAcceptable { get; } = new("not-acceptable", 406, "No acceptable media type");

    public static ProblemKind TooLarge { get; } = new("too-large", 413, "The image is over a limit");

    public static ProblemKind UnsupportedFormat { get; } = new("unsupported-format", 415, "The format of the body is not supported");

    public static ProblemKind ClientGone { get; } = new("client-gone", 499, "The client closed the connection");

    public static ProblemKind InternalError { get; } = new("internal-error", 500, "The service failed");

    public static ProblemKind Overloaded { get; } = new("overloaded", 503, "The queue is full");

    public static ProblemKind NotReady { get; } = new("not-ready", 503, "The service is not ready");

    public static ProblemKind DeadlineExceeded { get; } = new("deadline-exceeded", 504, "The deadline cannot be met");

    /// <summary>Every kind that a body can have.</summary>
    public static IReadOnlyList<ProblemKind> All { get; } =
    [
        BadRequest, BadBudget, BadImage, UnknownModel, NotFound, MethodNotAllowed, NotAcceptable, TooLarge, UnsupportedFormat,
        InternalError, Overloaded, NotReady, DeadlineExceeded,
    ];

    /// <summary>A URI reference, resolved against the service.</summary>
    public string Type => "/problems/" + Slug;

    public static ProblemKind Of(SegmentationError error) => error switch
    {
        SegmentationError.BadRequest => BadRequest,
        SegmentationError.BadBudget => BadBudget,
        SegmentationError.BadImage => BadImage,
        SegmentationError.UnknownModel => UnknownModel,
        SegmentationError.UnsupportedOutput => NotAcceptable,
        SegmentationError.TooLarge => TooLarge,
        SegmentationError.UnsupportedFormat => UnsupportedFormat,
        SegmentationError.Overloaded => Overloaded,
        SegmentationError.NotReady => NotReady,
        SegmentationError.DeadlineExceeded => DeadlineExceeded,
        _ => InternalError,
    };

    /// <summary>For statuses that the framework sets; null where only the status itself is known.</summary>
    public static ProblemKind? OfStatus(int status) => status switch
    {
        400 => BadRequest,
        404 => NotFound,
        405 => MethodNotAllowed,
        406 => NotAcceptable,
        413 => TooLarge,
        500 => InternalError,
        _ => null,
    };
}
