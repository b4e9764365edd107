using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Requests;

/// <summary>A request as one model understands it: defaults filled in, names resolved, everything checked that needs no image.</summary>
/// <param name="Gate">Which gate is asked; null where none is.</param>
internal sealed record SegmentationPlan(ModelManifest Model, ComputeBudget Budget, string? Gate, PostprocessingParameters Postprocessing)
{
    /// <exception cref="SegmentationException">The request asks for what the model lacks; names the field and what is allowed.</exception>
    public static SegmentationPlan Create(SegmentationRequest request, LoadedModel model)
    {
        var manifest = model.Manifest;
        request.Postprocessing.RequireFor(manifest);
        return new SegmentationPlan(
            manifest,
            request.Budget,
            model.Depths.SelectGate(request.Budget),
            Parameters(request.Postprocessing, ResolveTasks(request.Tasks, manifest), manifest));
    }

    private static SegmentationTasks ResolveTasks(SegmentationTasks asked, ModelManifest model)
    {
        if (asked == SegmentationTasks.None)
        {
            return TaskNames.DefaultOf(model);
        }

        return (asked & ~TaskNames.Of(model)) == SegmentationTasks.None
            ? asked
            : throw new SegmentationException(SegmentationError.BadRequest, $"task: model '{model.Name}' does {string.Join(", ", model.Tasks)}.", "task");
    }

    private static PostprocessingParameters Parameters(PostprocessingOverrides overrides, SegmentationTasks tasks, ModelManifest model)
    {
        var defaults = model.Postprocessing;
        var parameters = new PostprocessingParameters
        {
            Procedure = overrides.Procedure ?? defaults.Procedure,
            ScoreThreshold = overrides.ScoreThreshold ?? defaults.ScoreThreshold,
            MaskThreshold = overrides.MaskThreshold ?? defaults.MaskThreshold.GetValueOrDefault(), // none where boxes are made
            OverlapThreshold = overrides.OverlapThreshold ?? defaults.OverlapThreshold.GetValueOrDefault(),
            Tasks = tasks,
            Classes = model.Classes,
            KeptClasses = overrides.Classes?.SelectMany(name => ClassIds(name, model)).ToHashSet(),
        };
        return overrides.ScoreThreshold is { } score ? parameters with { InstanceScoreThreshold = score } : parameters;
    }

    /// <summary>More than one where a list has gaps: COCO's 91 labels have eleven named N/A.</summary>
    private static IEnumerable<int> ClassIds(string name, ModelManifest model) =>
        model.Classes.Where(known => known.Name == name).Select(static known => known.Id).ToArray() is { Length: > 0 } ids
            ? ids
            : throw new SegmentationException(
                SegmentationError.BadRequest,
                $"classes: model '{model.Name}' has no class '{name}'; it has: {string.Join(", ", model.Classes.Select(static known => known.Name).Distinct())}.",
                "classes");
}
