using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>A budget checked against a model, and the gate that serves it.</summary>
/// <param name="Gate">
/// Name of the gate's profile; null if the depth is forced, if the model has no gates, if the budget leaves one size and the default gate reads
/// another one's feature, which a request with a fixed size does not compute, or if the default gate has no points with the forced decoder depth.
/// </param>
public sealed record ModelBudget(ComputeBudget Budget, string? Gate)
{
    /// <exception cref="SegmentationException"><see cref="SegmentationError.BadBudget"/>: the budget asks for something that this model lacks; the message names the key and the allowed values.</exception>
    public static ModelBudget For(ComputeBudget budget, ModelManifest model)
    {
        CheckExit("depth", budget.Depth, model);
        CheckExit("min-depth", budget.MinDepth, model);
        CheckExit("max-depth", budget.MaxDepth, model);
        CheckDecoderExit(budget.DecoderDepth, model);
        CheckSize("size", budget.Size, model);
        CheckSize("min-size", budget.MinSize, model);
        CheckSize("max-size", budget.MaxSize, model);
        return new ModelBudget(budget, SelectGate(budget, model));
    }

    /// <summary>Whether a gate can choose among some points: they are of several sizes, so that a probe pays, or of the one whose feature it reads.</summary>
    /// <param name="sizes">Of those of its points that are allowed.</param>
    internal static bool CanChoose(GateProfile gate, ModelManifest model, IEnumerable<int> sizes)
    {
        var distinct = sizes.Distinct().ToList();
        return distinct.Count > 1 || (distinct.Count == 1 && distinct[0] == model.SizeReadBy(gate));
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

        var gate = budget.Depth is not null ? null
            : budget.Beta is not null ? utility
            : budget.Profile ?? model.Gates?.Default;
        return gate is not null && FitsSizes(gate, budget, model) ? gate : null;
    }

    /// <summary>Whether the gate can choose among the sizes that the budget names.</summary>
    /// <exception cref="SegmentationException">It cannot, and the budget asks for it: it must not be overlooked.</exception>
    private static bool FitsSizes(string name, ComputeBudget budget, ModelManifest model)
    {
        var gate = model.Gates!.Profiles[name];
        var (least, most) = (budget.Size ?? budget.MinSize ?? 0, budget.Size ?? budget.MaxSize ?? int.MaxValue);
        var ofDecoder = model.PointsOf(gate).Where(point => budget.DecoderDepth is not { } wanted || point.DecoderDepth == wanted).ToList();
        var covered = ofDecoder.Select(static point => point.Size).Distinct().ToList();
        if (CanChoose(gate, model, covered.Where(size => size >= least && size <= most)))
        {
            return true;
        }

        var key = budget.Beta is not null ? "beta" : budget.Profile is not null ? "profile" : null;
        return key is null ? false : throw Bad(key, ofDecoder.Count == 0
            ? $"The gate '{name}' of model '{model.Name}' does not choose among points with decoder-depth {budget.DecoderDepth}. Leave one of the two out."
            : $"The gate '{name}' of model '{model.Name}' chooses among the sizes {string.Join(", ", covered)} by what it sees at {model.SizeReadBy(gate)}, and cannot choose within the sizes that this budget leaves. Name depth, leave {key} out, or allow more sizes.");
    }

    private static void CheckExit(string key, int? depth, ModelManifest model)
    {
        if (depth is { } value && !model.Exits.Contains(value))
        {
            throw Bad(key, $"Model '{model.Name}' has no exit {value}; allowed are {string.Join(", ", model.Exits)}.");
        }
    }

    private static void CheckDecoderExit(int? depth, ModelManifest model)
    {
        if (depth is { } value && model.DecoderExits?.Contains(value) != true)
        {
            throw Bad("decoder-depth", model.DecoderExits is { } exits
                ? $"Model '{model.Name}' has no decoder exit {value}; allowed are {string.Join(", ", exits)}."
                : $"Model '{model.Name}' always runs its whole decoder; 'ecom2f compile --decoder-exits' gives a Mask2Former decoder exits.");
        }
    }

    private static void CheckSize(string key, int? size, ModelManifest model)
    {
        if (size is { } value && !model.ShortestEdges.Contains(value))
        {
            throw Bad(key, model.HasSizes
                ? $"Model '{model.Name}' has no size {value}; allowed are {string.Join(", ", model.ShortestEdges)}."
                : $"Model '{model.Name}' has one size, {model.OwnSize}; 'ecom2f sizes' adds others.");
        }
    }

    internal static SegmentationException Bad(string key, string detail) =>
        new(SegmentationError.BadBudget, $"Compute-Budget: {key}: {detail}", key);
}
