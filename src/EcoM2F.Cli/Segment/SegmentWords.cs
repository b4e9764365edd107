using EcoM2F.Cli.Output;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;

namespace EcoM2F.Cli.Segment;

/// <summary>What the values of segment's options mean. Every error names the option and what is allowed.</summary>
internal static class SegmentWords
{
    /// <param name="model">Null: not known yet, so that only words are checked.</param>
    /// <exception cref="CliException">A word that is none, or a task that the model does not do.</exception>
    public static SegmentationTasks ParseTasks(string text, ModelManifest? model)
    {
        var asked = Split(text);
        foreach (var name in asked)
        {
            if (TaskNames.Parse(name) == SegmentationTasks.None)
            {
                throw new CliException($"--task: '{name}' is unknown; allowed are {string.Join(", ", TaskNames.All)}.");
            }

            if (model is not null && !model.Tasks.Contains(name))
            {
                throw new CliException($"--task: model '{model.Name}' does no {name}; allowed are {string.Join(", ", model.Tasks)}.");
            }
        }

        return asked.Length > 0
            ? asked.Aggregate(SegmentationTasks.None, static (all, name) => all | TaskNames.Parse(name))
            : model is null ? SegmentationTasks.Panoptic : TaskNames.DefaultOf(model);
    }

    /// <exception cref="CliException">No budget, or one that the model cannot keep whatever the image.</exception>
    public static ComputeBudget ParseBudget(string text, ModelManifest? model)
    {
        try
        {
            var budget = ComputeBudgetParser.Parse(text);
            if (model is not null)
            {
                new DepthPolicy(model, new CostTable(model.Costs), new BudgetOptions()).SelectGate(budget);
            }

            return budget;
        }
        catch (SegmentationException exception)
        {
            throw new CliException($"--budget: {exception.Message}");
        }
    }

    /// <param name="text">Null: JSON, and a PNG where there is one map of ids.</param>
    /// <param name="tasks">Of the run.</param>
    /// <exception cref="CliException">A word that is none, none at all, or a PNG of tasks that have no one map of ids.</exception>
    public static IReadOnlyList<ResultFormat> ParseFormats(string? text, SegmentationTasks tasks)
    {
        var maps = tasks & (SegmentationTasks.Panoptic | SegmentationTasks.Semantic);
        var oneMap = maps is SegmentationTasks.Panoptic or SegmentationTasks.Semantic;
        var asked = Split(text ?? (oneMap ? "json,png" : "json"));
        var names = ResultFormat.All.Select(static format => format.Name).ToList();
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

        return [.. ResultFormat.All.Where(format => asked.Contains(format.Name))];
    }

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
