namespace EcoM2F.Inference.Models;

/// <summary>Which results are made from one run of the model.</summary>
[Flags]
public enum SegmentationTasks
{
    None = 0,
    Panoptic = 1,
    Instance = 2,
    Semantic = 4,

    /// <summary>Boxes; a model does this and nothing else, or not at all.</summary>
    Detection = 8,
}
