using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>A budget checked against a model, and the gate that serves it.</summary>
/// <param name="Gate">Name of the gate's profile; null if the depth is forced or the model has no gates.</param>
public sealed record ModelBudget(ComputeBudget Budget, string? Gate)
{
    /// <exception cref="SegmentationException"><see cref="SegmentationError.BadBudget"/>: the budget asks for something that this model lacks; the message names the key and the allowed values.</exception>
    public static ModelBudget For(ComputeBudget budget, ModelManifest model)
    {
        CheckExit("depth", budget.Depth, model);
        CheckExit("min-depth", budget.MinDepth, model);
        CheckExit("max-depth", budget.MaxDepth, model);
        return new ModelBudget(budget, SelectGate(budget, model));
    }

    private static string? SelectGate(ComputeBudget budget, ModelManifest model)
    {
        var profiles = model.Gates?.Profiles;
        var classifiers = profiles?.Where(static p => p.Value.Kind == GateProfile.Classifier).Select(static p => p.Key).Order(StringComparer.Ordinal).ToArray() ?? [];
        var utility = profiles?.FirstOrDefault(static p => p.Value.Kind == GateProfile.Utility).Key;
        if (budget.Profile is { } profile && !classifiers.Contains(profile))
        {
            var hint = profile == utility ? " Use that gate through beta instead." : "";
            throw Bad("profile", classifiers.Length == 0
                ? $"Model '{model.Name}' has no profiles."
                : $"Model '{model.Name}' has no profile '{ComputeBudgetParser.Shorten(profile)}'; it has: {string.Join(", ", classifiers)}.{hint}");
        }

        if (budget.Beta is not null && utility is null)
        {
            throw Bad("beta", $"Model '{model.Name}' has no utility gate, so beta is not available; use profile, depth or max-depth.");
        }

        return budget.Depth is not null ? null
            : budget.Beta is not null ? utility
            : budget.Profile ?? model.Gates?.Default;
    }

    private static void CheckExit(string key, int? depth, ModelManifest model)
    {
        if (depth is { } value && !model.Exits.Contains(value))
        {
            throw Bad(key, $"Model '{model.Name}' has no exit {value}; allowed are {string.Join(", ", model.Exits)}.");
        }
    }

    internal static SegmentationException Bad(string key, string detail) =>
        new(SegmentationError.BadBudget, $"Compute-Budget: {key}: {detail}", key);
}
