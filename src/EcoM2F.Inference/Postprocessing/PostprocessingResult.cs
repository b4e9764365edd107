namespace EcoM2F.Inference.Postprocessing;

/// <summary>The tasks asked for, each at the original size. Managed memory only.</summary>
/// <param name="Instances">By score, highest first.</param>
/// <param name="Detections">By score, highest first.</param>
internal sealed record PostprocessingResult(
    PanopticSegmentation? Panoptic,
    IReadOnlyList<InstanceSegment>? Instances,
    SemanticSegmentation? Semantic,
    IReadOnlyList<DetectedObject>? Detections = null);
