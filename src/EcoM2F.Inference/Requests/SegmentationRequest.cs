using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Requests;

/// <summary>
/// One image and its parameters, already checked against the model that will run: whatever can be wrong apart from the image itself has been
/// refused. Immutable. The caller owns <see cref="Image"/> and must keep it unchanged until the pipeline's task ends.
/// </summary>
public sealed record SegmentationRequest
{
    public required LoadedModel Model { get; init; }

    /// <summary>The encoded image; its first bytes determine the format.</summary>
    public required ReadOnlyMemory<byte> Image { get; init; }

    /// <summary>Tasks, thresholds and classes: see <see cref="RequestParameters.Read"/>.</summary>
    public required PostprocessingParameters Postprocessing { get; init; }

    /// <summary>See <see cref="ModelBudget.For"/>.</summary>
    public required ModelBudget Budget { get; init; }

    /// <summary>0, which is served first, to 7: see <see cref="PriorityHeader"/>.</summary>
    /// <value>3</value>
    public int Urgency { get; init; } = PriorityHeader.DefaultUrgency;

    /// <summary>Whether the result carries the upright image's pixels, for an overlay.</summary>
    public bool WithPixels { get; init; }

    /// <summary><see cref="TimeProvider.GetTimestamp"/> at which the request's headers were read, from which deadlines count. Null: the time of the call.</summary>
    public long? ReceivedTimestamp { get; init; }
}
