namespace EcoM2F.Inference.Postprocessing;

/// <summary>The tasks asked for. Managed memory only.</summary>
/// <param name="Instances">By score, highest first.</param>
/// <param name="Detections">By score, highest first.</param>
internal sealed record PostprocessingResult(
    PanopticSegmentation? Panoptic,
    IReadOnlyList<InstanceSegment>? Instances,
    SemanticSegmentation? Semantic,
    IReadOnlyList<DetectedObject>? Detections = null)
{
    /// <summary>Of the masks; null: the image's.</summary>
    public MaskGrid? MaskSize { get; init; }
}
