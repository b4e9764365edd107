using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>
/// Chooses an image's compute point in two steps: <see cref="Allow"/> before anything runs, <see cref="Choose"/> after the gate. A gate
/// proposes (classifier: argmax of its scores, ECO-M2F's step C; utility: argmax of <see cref="UtilityRule"/>), then every entry of
/// <see cref="ComputeConstraint.InOrder"/> may change the point; the last one that did is the reason. Ties go to the shallower exit.
/// Stateless apart from the model's description; thread-safe.
/// </summary>
public sealed class ComputePlanner(ModelManifest model, CostTable costs, BudgetOptions operatorCaps)
{
    /// <summary>The points that a budget allows an image, before its stem runs.</summary>
    /// <param name="input">Size of the model's input for the image, in pixels.</param>
    /// <param name="time">For all stages of the image.</param>
    /// <exception cref="SegmentationException">
    /// <see cref="SegmentationError.BadBudget"/>: no exit fits max-gmacs; <see cref="SegmentationError.DeadlineExceeded"/>: not even the cheapest
    /// point can be finished in time.
    /// </exception>
    public AllowedPoints Allow(ModelBudget budget, InputSize input, RemainingTime time)
    {
        var all = model.Exits.Select(exit => new ComputePoint(model.OwnSize, input, exit)).ToArray();
        var isTrial = false;
        var context = new PlanningContext(model, costs, budget.Budget, operatorCaps, all)
        {
            Time = time with { TryAdmitTrial = () => isTrial = time.TryAdmitTrial() },
        };
        IReadOnlyList<ComputePoint> points = all;
        foreach (var constraint in ComputeConstraint.InOrder)
        {
            points = constraint.Narrow(points, context);
        }

        return new AllowedPoints(budget, context, points, isTrial);
    }

    /// <summary>Chooses the image's point, after its gate has run.</summary>
    /// <param name="scores">Scores of the budget's gate, one per exit; empty without a gate.</param>
    /// <param name="time">For the stages after the gate.</param>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.DeadlineExceeded"/>: not even the cheapest allowed point can be finished in time any more.</exception>
    public ComputeDecision Choose(AllowedPoints allowed, ReadOnlySpan<float> scores, RemainingTime time)
    {
        var context = allowed.Context with
        {
            Time = allowed.IsTrial ? new RemainingTime(TimeSpan.Zero, static _ => TimeSpan.MaxValue, static () => true) : time,
        };
        var (choice, reason) = Propose(allowed.Budget, scores, context.Points);
        var points = context.Points;
        foreach (var constraint in ComputeConstraint.InOrder)
        {
            points = constraint.Narrow(points, context);
            if (!points.Contains(choice))
            {
                (choice, reason) = (Nearest(points, choice), constraint.Reason);
            }
        }

        var profile = allowed.Budget.Gate is { } gate ? model.Gates!.Profiles[gate] : null;
        return new ComputeDecision(
            choice,
            reason,
            profile?.Kind == GateProfile.Classifier ? allowed.Budget.Gate : null,
            profile is null ? null : allowed.Budget.Budget.Beta ?? profile.Beta);
    }

    private (ComputePoint Point, ComputeReason Reason) Propose(ModelBudget budget, ReadOnlySpan<float> scores, IReadOnlyList<ComputePoint> points)
    {
        if (budget.Budget.Depth is { } forced)
        {
            return (points[0] with { Depth = forced }, ComputeReason.Forced);
        }

        return budget.Gate is { } gate
            ? (Best(model.Gates!.Profiles[gate], budget.Budget.Beta ?? 0, scores, points), ComputeReason.Gate)
            : (points[^1], ComputeReason.Default);
    }

    /// <param name="beta">Price for a utility gate; a classifier was trained at its own price.</param>
    private static ComputePoint Best(GateProfile gate, double beta, ReadOnlySpan<float> scores, IReadOnlyList<ComputePoint> points)
    {
        var (best, bestValue) = (0, double.NegativeInfinity);
        for (var i = 0; i < points.Count; i++)
        {
            var value = gate.Kind == GateProfile.Utility ? UtilityRule.Of(scores[i], beta, points[i].Depth) : scores[i];
            if (value > bestValue)
            {
                (best, bestValue) = (i, value);
            }
        }

        return points[best];
    }

    /// <summary>The most expensive point that costs no more than the choice, else the cheapest.</summary>
    private ComputePoint Nearest(IReadOnlyList<ComputePoint> points, ComputePoint choice)
    {
        var cost = costs.Gmacs(choice);
        for (var i = points.Count - 1; i > 0; i--)
        {
            if (costs.Gmacs(points[i]) <= cost)
            {
                return points[i];
            }
        }

        return points[0];
    }
}
