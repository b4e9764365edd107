namespace EcoM2F.Inference.Errors;

/// <summary>A failure that a caller can act on: thrown at boundaries, mapped to a problem document by the host.</summary>
public sealed class SegmentationException : Exception
{
    /// <param name="error">Kind of failure.</param>
    /// <param name="detail">One sentence for the caller: what was wrong, which field, what is allowed.</param>
    /// <param name="field">Name of the offending parameter, header key or form part, where there is one.</param>
    /// <param name="innerException">Cause, for the log only.</param>
    public SegmentationException(SegmentationError error, string detail, string? field = null, Exception? innerException = null)
        : base(detail, innerException)
    {
        Error = error;
        Field = field;
    }

    public SegmentationError Error { get; }

    public string? Field { get; }

    /// <summary>When it makes sense to try again; set for <see cref="SegmentationError.Overloaded"/>.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
