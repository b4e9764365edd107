using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Results;

/// <summary>What one image gave. Owns managed memory only; nothing to dispose.</summary>
public sealed record SegmentationResult
{
    public required ModelManifest Model { get; init; }

    /// <summary>Pixels of the uploaded image, upright (after EXIF rotation).</summary>
    public required int Width { get; init; }

    public required int Height { get; init; }

    public required ComputeUsed Compute { get; init; }

    /// <summary>Present if asked for.</summary>
    public PanopticSegmentation? Panoptic { get; init; }

    public IReadOnlyList<InstanceSegment>? Instances { get; init; }

    public SemanticSegmentation? Semantic { get; init; }

    public IReadOnlyList<DetectedObject>? Detections { get; init; }

    /// <summary>RGB, 8 bits, [Height, Width, 3] row by row: the upright image; empty unless asked for in the request.</summary>
    public ReadOnlyMemory<byte> Pixels { get; init; }
}

/// <summary>What an image cost.</summary>
/// <param name="MaxDepth">The model's deepest exit.</param>
/// <param name="Gmacs">Whole model at the depth used and this image's input size.</param>
/// <param name="Saved">1 - gmacs / gmacs at the deepest exit; 0 to 1.</param>
/// <param name="Stages">In the order they ran.</param>
public sealed record ComputeUsed(DepthDecision Decision, int MaxDepth, double Gmacs, double Saved, IReadOnlyList<StageTime> Stages);

/// <param name="Stage">One of <see cref="Stages"/>.</param>
public readonly record struct StageTime(string Stage, TimeSpan Duration);

/// <summary>Names of the stages as Server-Timing, JSON and metrics have them.</summary>
public static class Stages
{
    public const string Queue = "queue";
    public const string Decode = "decode";
    public const string Stem = "stem";
    public const string Gate = "gate";
    public const string Encoder = "encoder";
    public const string Decoder = "decoder";
    public const string Mask = "mask";

    public static IReadOnlyList<string> All { get; } = [Queue, Decode, Stem, Gate, Encoder, Decoder, Mask];
}
