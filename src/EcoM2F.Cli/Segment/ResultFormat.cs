using EcoM2F.Cli.Output;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Results;

namespace EcoM2F.Cli.Segment;

/// <summary>A kind of file that a result is written as.</summary>
/// <param name="Name">As <c>--format</c> has it.</param>
/// <param name="Ending">Of the file, after the image's own stem.</param>
internal sealed record ResultFormat(string Name, string Ending, Func<SegmentationResult, ReadOnlyMemory<byte>> Encode)
{
    public static IReadOnlyList<ResultFormat> All { get; } =
    [
        new("json", ".json", static result => ResultJson.Serialize(result)),
        new("png", ".png", static result => PanopticPng.Encode(result)),
        new("overlay", ".overlay.webp", static result => Overlay.Encode(result, OverlayFormat.WebP)),
    ];

    /// <param name="text">Comma-separated; null: JSON, and a PNG if there is one map of ids.</param>
    /// <param name="tasks">Of the run.</param>
    /// <returns>In the order of <see cref="All"/>.</returns>
    /// <exception cref="CliException">An unknown format, none at all, or a PNG of tasks that do not have exactly one map of ids.</exception>
    public static IReadOnlyList<ResultFormat> ParseList(string? text, SegmentationTasks tasks)
    {
        var maps = tasks & (SegmentationTasks.Panoptic | SegmentationTasks.Semantic);
        var oneMap = maps is SegmentationTasks.Panoptic or SegmentationTasks.Semantic;
        var asked = (text ?? (oneMap ? "json,png" : "json")).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var names = All.Select(static format => format.Name).ToList();
        if (asked.Length == 0)
        {
            throw new CliException($"--format is empty; allowed are {string.Join(", ", names)}.");
        }

        if (asked.FirstOrDefault(name => !names.Contains(name)) is { } unknown)
        {
            throw new CliException($"--format: '{unknown}' is unknown; allowed are {string.Join(", ", names)}.");
        }

        if (asked.Contains("png") && !oneMap)
        {
            throw new CliException("--format png needs exactly one of the tasks panoptic and semantic; allowed here are --format json and overlay, or another --task.");
        }

        return [.. All.Where(format => asked.Contains(format.Name))];
    }

    /// <summary>Whether the format draws on the image itself.</summary>
    public bool NeedsPixels => Name == "overlay";
}
