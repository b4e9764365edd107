using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;

namespace EcoM2F.Serving.Http;

/// <summary>What one request of <c>/v1/segment</c> or <c>/v1/segment/batch</c> has come to so far; kept as a feature of its <see cref="HttpContext"/>.</summary>
/// <param name="received"><see cref="TimeProvider.GetTimestamp"/> of when its headers were read.</param>
internal sealed class RequestState(long received)
{
    public long Received { get; } = received;

    /// <summary>Name of a loaded model; empty until one is found, so that it is safe as a label.</summary>
    public string Model { get; set; } = "";

    /// <summary>Present when the model has run.</summary>
    public ComputeUsed? Compute { get; set; }

    /// <summary>Why it was refused, if it was.</summary>
    public SegmentationError? Error { get; set; }

    /// <summary>Whether it has been counted, or its images are one by one.</summary>
    public bool Recorded { get; set; }
}
