using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Requests;

/// <summary>
/// One image and what is wanted of it, checked against the model that will run: the model is looked up once, and everything that can be wrong
/// without looking at the image has been refused. Immutable; the pipeline reads <see cref="Image"/> until its task ends.
/// </summary>
public sealed record SegmentationRequest
{
    public required LoadedModel Model { get; init; }

    /// <summary>Encoded image; the format is told by its first bytes.</summary>
    public required ReadOnlyMemory<byte> Image { get; init; }

    /// <summary>Tasks, thresholds and classes: see <see cref="RequestParameters.Read"/>.</summary>
    public required PostprocessingParameters Postprocessing { get; init; }

    /// <summary>See <see cref="ModelBudget.For"/>.</summary>
    public required ModelBudget Budget { get; init; }

    /// <summary>Whether the result carries the upright image's pixels, for an overlay.</summary>
    public bool WithPixels { get; init; }

    /// <summary><see cref="TimeProvider.GetTimestamp"/> of when the request's headers were read; deadlines count from here. Null: from the call.</summary>
    public long? ReceivedTimestamp { get; init; }
}
