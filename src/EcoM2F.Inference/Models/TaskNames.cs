namespace EcoM2F.Inference.Models;

/// <summary>The words for tasks in model.json, in <c>task</c> of a request and on the command line.</summary>
public static class TaskNames
{
    public const string Detection = "detection";

    private static readonly (string Name, SegmentationTasks Task)[] Words =
    [
        ("panoptic", SegmentationTasks.Panoptic),
        ("instance", SegmentationTasks.Instance),
        ("semantic", SegmentationTasks.Semantic),
        (Detection, SegmentationTasks.Detection),
    ];

    public static IReadOnlyList<string> All { get; } = [.. Words.Select(static word => word.Name)];

    /// <returns><see cref="SegmentationTasks.None"/> for a word that is none.</returns>
    public static SegmentationTasks Parse(string name) => Words.FirstOrDefault(word => word.Name == name).Task;

    /// <summary>The words, in the order of <see cref="All"/>.</summary>
    public static IEnumerable<string> ToNames(this SegmentationTasks tasks) => Words.Where(word => tasks.HasFlag(word.Task)).Select(static word => word.Name);

    /// <summary>Everything that a model does.</summary>
    public static SegmentationTasks Of(ModelManifest model) => model.Tasks.Aggregate(SegmentationTasks.None, static (all, name) => all | Parse(name));

    /// <summary>What a model does where no task is named: panoptic, or its first where it has no panoptic.</summary>
    public static SegmentationTasks DefaultOf(ModelManifest model) =>
        Of(model).HasFlag(SegmentationTasks.Panoptic) ? SegmentationTasks.Panoptic : Parse(model.Tasks[0]);
}
