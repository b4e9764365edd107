namespace EcoM2F.Inference.Models;

/// <summary>The names of tasks in model.json, in the request parameter <c>task</c> and on the command line.</summary>
public static class TaskNames
{
    public const string Detection = "detection";

    private static readonly (string Name, SegmentationTasks Task)[] Names =
    [
        ("panoptic", SegmentationTasks.Panoptic),
        ("instance", SegmentationTasks.Instance),
        ("semantic", SegmentationTasks.Semantic),
        (Detection, SegmentationTasks.Detection),
    ];

    public static IReadOnlyList<string> All { get; } = [.. Names.Select(static task => task.Name)];

    /// <returns><see cref="SegmentationTasks.None"/> for an unknown name.</returns>
    public static SegmentationTasks Parse(string name) => Names.FirstOrDefault(task => task.Name == name).Task;

    /// <summary>The tasks' names, in the order of <see cref="All"/>.</summary>
    public static IEnumerable<string> ToNames(this SegmentationTasks tasks) => Names.Where(task => tasks.HasFlag(task.Task)).Select(static task => task.Name);

    /// <summary>Everything that a model does.</summary>
    public static SegmentationTasks Of(ModelManifest model) => model.Tasks.Aggregate(SegmentationTasks.None, static (all, name) => all | Parse(name));

    /// <summary>What a model does where no task is named: panoptic, or its first where it has no panoptic.</summary>
    public static SegmentationTasks DefaultOf(ModelManifest model) =>
        Of(model).HasFlag(SegmentationTasks.Panoptic) ? SegmentationTasks.Panoptic : Parse(model.Tasks[0]);
}
