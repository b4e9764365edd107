using EcoM2F.Cli.Output;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Results;

namespace EcoM2F.Cli.Segment.Datasets;

/// <summary>A format of other tools, in which one file, or a folder, holds the results of many images.</summary>
/// <param name="Name">As <c>--format</c> has it.</param>
/// <param name="Files">Files of each image.</param>
/// <param name="Open">Begins to write what is of all images together, for an output folder.</param>
/// <param name="Tasks">Those that the format can hold.</param>
/// <param name="OneTask">Whether exactly one of the tasks may be asked for; otherwise others beside it are left out.</param>
internal sealed record DatasetFormat(
    string Name, IReadOnlyList<ResultFormat> Files, Func<DatasetHeader, IDatasetWriter> Open, SegmentationTasks Tasks, bool OneTask = false)
{
    private const SegmentationTasks Objects = SegmentationTasks.Instance | SegmentationTasks.Detection;

    /// <summary>
    /// A result as it is put together into data sets: JSON with run lengths, whatever form of masks the run's own JSON has. Kept, so that
    /// another run of the same command need not segment anew.
    /// </summary>
    public static ResultFormat Part { get; } = new("part", ".ecom2f-parts", ".json", static result => ResultJson.Serialize(result with { PolygonTolerance = null }));

    public static IReadOnlyList<DatasetFormat> All { get; } =
    [
        new(CocoWriter.Name, [Part], static header => new CocoWriter(header), Objects),
        new(CocoPanopticWriter.Name, [Part, new(CocoPanopticWriter.Name, CocoPanopticWriter.Name, ".png", static result => PanopticPng.Encode(result.Panoptic!))], static header => new CocoPanopticWriter(header), SegmentationTasks.Panoptic),
        new(LabelStudioWriter.Name, [Part], static header => new LabelStudioWriter(header), Objects | SegmentationTasks.Panoptic | SegmentationTasks.Semantic, OneTask: true),
        new(YoloWriter.Name, [Part, new(YoloWriter.Name, YoloWriter.LabelFolder, ".txt", YoloLabels.Encode)], static header => new YoloWriter(header), Objects) { CheckNames = YoloWriter.CheckNames },
    ];

    /// <summary>Refuses names of images that the format cannot tell apart; null: it takes all.</summary>
    public Action<IReadOnlyList<ImageFile>>? CheckNames { get; init; }

    /// <summary>Whether images have numbers in it.</summary>
    public bool HasImageIds => Name is CocoWriter.Name or CocoPanopticWriter.Name;

    /// <exception cref="CliException">The tasks do not give what the format holds.</exception>
    public void Require(SegmentationTasks tasks)
    {
        if ((tasks & Tasks) == SegmentationTasks.None)
        {
            throw new CliException($"--format {Name} needs the task {string.Join(" or ", Tasks.ToNames())}; this run has --task {string.Join(",", tasks.ToNames())}.");
        }

        if (OneTask && tasks.ToNames().Count() > 1)
        {
            throw new CliException($"--format {Name} needs exactly one task; this run has --task {string.Join(",", tasks.ToNames())}.");
        }
    }
}
