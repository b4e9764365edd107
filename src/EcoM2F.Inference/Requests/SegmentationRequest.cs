using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Requests;

/// <summary>One image and what is wanted of it. Immutable; the pipeline reads <see cref="Image"/> until its task ends.</summary>
public sealed record SegmentationRequest
{
    /// <summary>Encoded image; the format is told by its first bytes.</summary>
    public required ReadOnlyMemory<byte> Image { get; init; }

    /// <summary>Null: the model named <c>default</c>, or the only one.</summary>
    public string? Model { get; init; }

    /// <summary><see cref="SegmentationTasks.None"/>: panoptic, or the model's first task where it has no panoptic.</summary>
    public SegmentationTasks Tasks { get; init; }

    public ComputeBudget Budget { get; init; } = ComputeBudget.None;

    /// <summary>What the caller overrides of the model's post-processing.</summary>
    public PostprocessingOverrides Postprocessing { get; init; } = new();

    /// <summary>Whether the result carries the upright image's pixels, for an overlay.</summary>
    public bool WithPixels { get; init; }

    /// <summary><see cref="TimeProvider.GetTimestamp"/> of when the request's headers were read; deadlines count from here. Null: from the call.</summary>
    public long? ReceivedTimestamp { get; init; }
}
