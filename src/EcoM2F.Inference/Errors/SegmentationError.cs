namespace EcoM2F.Inference.Errors;

/// <summary>What kind of thing went wrong, as far as a caller can act on it. Every kind has one HTTP status and one stable problem type.</summary>
public enum SegmentationError
{
    /// <summary>A parameter, header or form field is wrong; the detail names it and what is allowed. 400.</summary>
    BadRequest,

    /// <summary>The Compute-Budget header cannot be parsed, contradicts itself or asks for what the model lacks. 400.</summary>
    BadBudget,

    /// <summary>Empty, truncated or undecodable image. 400.</summary>
    BadImage,

    /// <summary>No model of that name is loaded. 404.</summary>
    UnknownModel,

    /// <summary>The answer cannot be given in any media type that Accept allows. 406.</summary>
    NotAcceptable,

    /// <summary>Bytes, pixels or frames over the configured limit. 413.</summary>
    TooLarge,

    /// <summary>The bytes are no image format that is decoded, or are coded with a codec that is not. 415.</summary>
    UnsupportedFormat,

    /// <summary>The model failed; the detail stays in the log. 500.</summary>
    ModelFailed,

    /// <summary>The queue is full. 503 with Retry-After.</summary>
    Overloaded,

    /// <summary>Models are still loading, or the service drains. 503.</summary>
    NotReady,

    /// <summary>The request's deadline passed, or cannot be met. 504.</summary>
    DeadlineExceeded,
}
