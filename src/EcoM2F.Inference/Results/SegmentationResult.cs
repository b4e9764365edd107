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

    /// <summary>Pixels of the masks; null: those of the image.</summary>
    public MaskGrid? MaskSize { get; init; }

    /// <summary>Pixels by which polygons may miss the edges of their masks; null: JSON has run lengths instead of polygons.</summary>
    public double? PolygonTolerance { get; init; }

    /// <summary>RGB, 8 bits, [Height, Width, 3] row by row: the upright image; empty unless asked for in the request.</summary>
    public ReadOnlyMemory<byte> Pixels { get; init; }

    /// <param name="width">Pixels of the image, upright.</param>
    /// <param name="height">Pixels of the image, upright.</param>
    internal static SegmentationResult Of(ModelManifest model, int width, int height, ComputeUsed compute, PostprocessingResult found) => new()
    {
        Model = model,
        Width = width,
        Height = height,
        Compute = compute,
        Panoptic = found.Panoptic,
        Instances = found.Instances,
        Semantic = found.Semantic,
        Detections = found.Detections,
        MaskSize = found.MaskSize,
    };
}
