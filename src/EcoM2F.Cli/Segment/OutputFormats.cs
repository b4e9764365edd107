using EcoM2F.Cli.Output;
using EcoM2F.Cli.Segment.Datasets;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Requests;

namespace EcoM2F.Cli.Segment;

/// <summary>What a run writes.</summary>
/// <param name="Names">As <c>--format</c> has them, in the order of <see cref="AllNames"/>.</param>
/// <param name="Files">Files of each image, those included that data sets are put together from.</param>
/// <param name="Datasets">What is written for all images together.</param>
internal sealed record OutputFormats(IReadOnlyList<string> Names, IReadOnlyList<ResultFormat> Files, IReadOnlyList<DatasetFormat> Datasets)
{
    public static IReadOnlyList<string> AllNames { get; } =
        [.. ResultFormat.All.Select(static format => format.Name), .. DatasetFormat.All.Select(static format => format.Name)];

    /// <param name="text">Comma-separated; null: JSON, and a PNG if there is one map of ids.</param>
    /// <param name="parameters">Of the run.</param>
    /// <exception cref="CliException">An unknown format, none at all, one that the tasks do not give, or confidences without a PNG.</exception>
    public static OutputFormats Parse(string? text, PostprocessingParameters parameters)
    {
        var tasks = parameters.Tasks;
        var maps = tasks & (SegmentationTasks.Panoptic | SegmentationTasks.Semantic);
        var oneMap = maps is SegmentationTasks.Panoptic or SegmentationTasks.Semantic;
        var asked = (text ?? (oneMap ? "json,png" : "json")).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (asked.Length == 0)
        {
            throw new CliException($"--format is empty; allowed are {string.Join(", ", AllNames)}.");
        }

        if (asked.FirstOrDefault(static name => !AllNames.Contains(name)) is { } unknown)
        {
            throw new CliException($"--format: '{unknown}' is unknown; allowed are {string.Join(", ", AllNames)}.");
        }

        if (asked.Contains(ResultFormat.Png.Name) && !oneMap)
        {
            throw new CliException("--format png needs exactly one of the tasks panoptic and semantic; allowed here are --format json and overlay, or another --task.");
        }

        var datasets = DatasetFormat.All.Where(format => asked.Contains(format.Name)).ToList();
        datasets.ForEach(format => format.Require(tasks));
        var files = ResultFormat.All.Where(format => asked.Contains(format.Name)).Concat(datasets.SelectMany(static format => format.Files)).Distinct();
        if (parameters.Confidence)
        {
            files = asked.Contains(ResultFormat.Png.Name)
                ? files.Append(ResultFormat.Confidence)
                : throw new CliException($"--{RequestParameters.Confidence} goes beside --format png; this run has --format {string.Join(",", asked)}.");
        }

        return new OutputFormats([.. AllNames.Where(name => asked.Contains(name))], [.. files], datasets);
    }
}
