using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Results;

namespace EcoM2F.Cli.Segment;

/// <summary>What a run counts of one image.</summary>
/// <param name="Classes">Names of the classes that were found, once for each segment, instance or box.</param>
internal sealed record ImageTally(ComputeUsed Compute, IReadOnlyList<string> Classes)
{
    public static ImageTally Of(SegmentationResult result) => new(result.Compute, [.. Labels(result).Select(label => result.Model.Classes[label].Name)]);

    /// <summary>Of one task, so that nothing counts twice: panoptic before instances, those before semantic.</summary>
    private static IEnumerable<int> Labels(SegmentationResult result) => result switch
    {
        { Panoptic: { } panoptic } => panoptic.Segments.Select(static segment => segment.CategoryId),
        { Instances: { } instances } => instances.Select(static instance => instance.CategoryId),
        { Semantic: { } semantic } => semantic.Segments.Select(static segment => segment.CategoryId),
        { Detections: { } detections } => detections.Select(static detected => detected.CategoryId),
        _ => [],
    };
}
