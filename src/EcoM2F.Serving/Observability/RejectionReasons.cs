using EcoM2F.Inference.Errors;

namespace EcoM2F.Serving.Observability;

/// <summary>Why requests are refused that were right in themselves.</summary>
internal static class RejectionReasons
{
    public static IReadOnlyList<string> All { get; } = ["overloaded", "deadline", "not-ready"];

    /// <summary>Null where an error is the request's own fault, or the model's.</summary>
    public static string? Of(SegmentationError error) => error switch
    {
        SegmentationError.Overloaded => "overloaded",
        SegmentationError.DeadlineExceeded => "deadline",
        SegmentationError.NotReady => "not-ready",
        _ => null,
    };
}
