namespace EcoM2F.Inference.Pipeline;

/// <summary>Which results are made from one run of the model.</summary>
[Flags]
public enum SegmentationTasks
{
    None = 0,
    Panoptic = 1,
    Instance = 2,
    Semantic = 4,
}
