namespace EcoM2F.Inference.Errors;

/// <summary>What kind of thing went wrong, as far as a caller can act on it.</summary>
public enum SegmentationError
{
    /// <summary>A parameter is wrong; the detail names it and what is allowed.</summary>
    BadRequest,

    /// <summary>The compute budget cannot be parsed, contradicts itself or asks for what the model lacks.</summary>
    BadBudget,

    /// <summary>Empty, truncated or undecodable image.</summary>
    BadImage,

    /// <summary>No model of that name is loaded.</summary>
    UnknownModel,

    /// <summary>The result cannot be given in a form that the caller accepts.</summary>
    UnsupportedOutput,

    /// <summary>Bytes, pixels or frames over the configured limit.</summary>
    TooLarge,

    /// <summary>The bytes are not an image format that is decoded, or are compressed with a codec that is not.</summary>
    UnsupportedFormat,

    /// <summary>The model failed; the detail stays in the log.</summary>
    ModelFailed,

    /// <summary>The queue is full.</summary>
    Overloaded,

    /// <summary>Models are still loading, or the service drains.</summary>
    NotReady,

    /// <summary>The request's deadline passed, or cannot be met.</summary>
    DeadlineExceeded,
}
