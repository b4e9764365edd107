using System.Globalization;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>
/// Chooses the encoder depth of one image. The gate proposes (classifier: argmax of its scores, ECO-M2F's step C; utility:
/// argmax of 100 q_k - beta k), then every constraint in turn may change the depth, and the last that did is the reason.
/// Ties go to the shallow exit. Pure: no state but the model's description.
/// </summary>
public sealed class DepthPolicy
{
    private readonly ModelManifest _model;
    private readonly CostTable _costs;
    private readonly BudgetOptions _operator;

    public DepthPolicy(ModelManifest model, CostTable costs, BudgetOptions operatorCaps)
    {
        _model = model;
        _costs = costs;
        _operator = operatorCaps;
    }

    /// <summary>Which gate answers a budget; null where the depth is forced or the model has no gates.</summary>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.BadBudget"/>: the budget asks for what this model lacks.</exception>
    public string? SelectGate(ComputeBudget budget)
    {
        CheckExit("depth", budget.Depth);
        CheckExit("min-depth", budget.MinDepth);
        CheckExit("max-depth", budget.MaxDepth);
        var profiles = _model.Gates?.Profiles;
        var classifiers = profiles?.Where(static p => p.Value.Kind == GateProfile.Classifier).Select(static p => p.Key).Order(StringComparer.Ordinal).ToArray() ?? [];
        var utility = profiles?.FirstOrDefault(static p => p.Value.Kind == GateProfile.Utility).Key;
        if (budget.Profile is { } profile && !classifiers.Contains(profile))
        {
            var hint = profile == utility ? " That gate is asked with beta instead." : "";
            throw Bad("profile", classifiers.Length == 0
                ? $"Model '{_model.Name}' has no profiles."
                : $"Model '{_model.Name}' has no profile '{ComputeBudgetParser.Shorten(profile)}'; it has: {string.Join(", ", classifiers)}.{hint}");
        }

        if (budget.Beta is not null && utility is null)
        {
            throw Bad("beta", $"Model '{_model.Name}' has no utility gate, so beta cannot be asked for; use profile, depth or max-depth.");
        }

        return budget.Depth is not null ? null
            : budget.Beta is not null ? utility
            : budget.Profile ?? _model.Gates?.Default;
    }

    /// <summary>The shallowest exit that a budget allows: what a deadline is measured against before anything runs.</summary>
    /// <param name="height">Model input, pixels.</param>
    /// <param name="width">Model input, pixels.</param>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.BadBudget"/>: no exit fits max-gmacs.</exception>
    public int ShallowestAllowed(ComputeBudget budget, int height, int width)
    {
        var shallowest = budget.Depth ?? budget.MinDepth ?? _model.Exits[0];
        if (budget.MaxGmacs is { } limit && _costs.At(height, width).At(shallowest) is var least && least > limit)
        {
            var smallest = Math.Ceiling(least * 1000) / 1000;
            throw Bad("max-gmacs", string.Create(CultureInfo.InvariantCulture,
                $"No exit of model '{_model.Name}' fits in {limit} GMACs for this image ({height} x {width} at the model's input); the smallest possible value is {smallest}."));
        }

        return Math.Min(shallowest, DeepestUnderOperator(height, width));
    }

    /// <summary>The deepest exit that a budget allows, whatever a gate will say: what admission reckons with.</summary>
    /// <param name="height">Model input, pixels.</param>
    /// <param name="width">Model input, pixels.</param>
    public int DeepestAllowed(ComputeBudget budget, int height, int width)
    {
        var cost = _costs.At(height, width);
        var deepest = budget.Depth ?? budget.MaxDepth ?? _model.MaxDepth;
        var affordable = Deepest(exit => exit <= deepest && cost.At(exit) <= (budget.MaxGmacs ?? double.MaxValue)) ?? _model.Exits[0];
        return Math.Min(affordable, DeepestUnderOperator(height, width));
    }

    /// <param name="gate">What <see cref="SelectGate"/> answered.</param>
    /// <param name="scores">That gate's scores, one per exit; empty without a gate.</param>
    /// <param name="height">Model input, pixels.</param>
    /// <param name="width">Model input, pixels.</param>
    /// <param name="fitsDeadline">Whether a depth can still be finished in time; null without a deadline.</param>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.DeadlineExceeded"/>: not even the shallowest allowed exit fits.</exception>
    public DepthDecision Decide(ComputeBudget budget, string? gate, ReadOnlySpan<float> scores, int height, int width, Func<int, bool>? fitsDeadline)
    {
        // 1. who proposes
        var (depth, reason) = budget.Depth is { } forced ? (forced, DepthReason.Forced)
            : gate is null ? (_model.MaxDepth, DepthReason.Default)
            : (ProposeByGate(gate, budget, scores), DepthReason.Gate);

        // 2. the request's own limits
        if (budget.MinDepth is { } min && depth < min)
        {
            (depth, reason) = (min, DepthReason.MinDepth);
        }

        if (budget.MaxDepth is { } max && depth > max)
        {
            (depth, reason) = (max, DepthReason.MaxDepth);
        }

        var cost = _costs.At(height, width);
        if (budget.MaxGmacs is { } gmacs && cost.At(depth) > gmacs)
        {
            (depth, reason) = (Deepest(exit => cost.At(exit) <= gmacs) ?? _model.Exits[0], DepthReason.MaxGmacs);
        }

        // 3. the operator's
        if (DeepestUnderOperator(height, width) is var cap && depth > cap)
        {
            (depth, reason) = (cap, DepthReason.Operator);
        }

        // 4. the clock
        if (fitsDeadline is not null && !fitsDeadline(depth))
        {
            var shallowest = budget.Depth ?? ShallowestAllowed(budget, height, width);
            var ceiling = depth;
            depth = Deepest(exit => exit < ceiling && exit >= shallowest && fitsDeadline(exit))
                ?? throw new SegmentationException(SegmentationError.DeadlineExceeded, "The deadline cannot be met even at the shallowest allowed exit.", "deadline-ms");
            reason = DepthReason.Deadline;
        }

        var profile = gate is null ? null : _model.Gates!.Profiles[gate];
        return new DepthDecision(
            depth,
            reason,
            profile?.Kind == GateProfile.Classifier ? gate : null,
            profile is null ? null : budget.Beta ?? profile.Beta);
    }

    private int ProposeByGate(string gate, ComputeBudget budget, ReadOnlySpan<float> scores)
    {
        var beta = _model.Gates!.Profiles[gate].Kind == GateProfile.Utility ? budget.Beta ?? 0 : (double?)null;
        var (best, bestValue) = (0, double.NegativeInfinity);
        for (var i = 0; i < _model.Exits.Count; i++)
        {
            var value = beta is { } price ? (100.0 * scores[i]) - (price * _model.Exits[i]) : scores[i];
            if (value > bestValue)
            {
                (best, bestValue) = (i, value);
            }
        }

        return _model.Exits[best];
    }

    private int DeepestUnderOperator(int height, int width)
    {
        if (_operator.MaxDepth is null && _operator.MaxGmacs is null)
        {
            return _model.MaxDepth;
        }

        var cost = _costs.At(height, width);
        return Deepest(exit => exit <= (_operator.MaxDepth ?? int.MaxValue) && cost.At(exit) <= (_operator.MaxGmacs ?? double.MaxValue))
            ?? _model.Exits[0];
    }

    private int? Deepest(Func<int, bool> allowed)
    {
        for (var i = _model.Exits.Count - 1; i >= 0; i--)
        {
            if (allowed(_model.Exits[i]))
            {
                return _model.Exits[i];
            }
        }

        return null;
    }

    private void CheckExit(string key, int? depth)
    {
        if (depth is { } value && !_model.Exits.Contains(value))
        {
            throw Bad(key, $"Model '{_model.Name}' has no exit {value}; allowed are {string.Join(", ", _model.Exits)}.");
        }
    }

    private static SegmentationException Bad(string key, string detail) =>
        new(SegmentationError.BadBudget, $"Compute-Budget: {key}: {detail}", key);
}
