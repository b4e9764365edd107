using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>
/// Chooses an image's compute point in two steps: <see cref="Allow"/> before anything runs, <see cref="Choose"/> after the gate. A rule proposes
/// (<see cref="GateRule"/>, or <see cref="UngatedRule"/> where no gate runs), then every entry of <see cref="ComputeConstraint.InOrder"/> may change
/// the point; the last one that did is the reason. Stateless apart from the model's description; thread-safe.
/// </summary>
public sealed class ComputePlanner(ModelManifest model, CostTable costs, BudgetOptions operatorCaps)
{
    /// <summary>The points that a budget allows an image, before its stem runs, and what runs first.</summary>
    /// <param name="inputs">The model's input for the image at each size.</param>
    /// <param name="time">For all stages of the image.</param>
    /// <exception cref="SegmentationException">
    /// <see cref="SegmentationError.BadBudget"/>: no point fits max-gmacs; <see cref="SegmentationError.DeadlineExceeded"/>: not even the cheapest
    /// point can be finished in time.
    /// </exception>
    public AllowedPoints Allow(ModelBudget budget, ImageInputs inputs, RemainingTime time)
    {
        var image = new PlanningContext(model, costs, budget.Budget, operatorCaps)
        {
            Inputs = inputs,
            Points = [.. model.Points.Select(point => new ComputePoint(point.Size, inputs[point.Size], point.Depth, point.DecoderDepth))],
            Time = time,
        };

        // With the gate, whose stem every other size's points pay for; without it where that leaves nothing for it to choose.
        var gate = budget.Gate is { } name ? model.Gates!.Profiles[name] : null;
        var gated = gate is null ? null : image.WithProbe(inputs[model.SizeReadBy(gate)]);
        if (gated is not null && Narrow(gated, out _) is { Count: > 0 } points && CanChoose(gate!, points))
        {
            return Gated(gated, points, budget.Gate!);
        }

        var plain = image.WithProbe(null);
        points = Narrow(plain, out var refusal);
        if (points.Count > 0)
        {
            return Ungated(plain, points, isTrial: false);
        }

        if (refusal!.Error != SegmentationError.DeadlineExceeded || !time.TryAdmitTrial())
        {
            throw refusal;
        }

        points = [Narrow(plain with { Time = RemainingTime.Unlimited }, out _)[0]];
        return gated is not null && CanChoose(gate!, points)
            ? new AllowedPoints(gated, points, budget.Gate) { IsTrial = true }
            : Ungated(plain, points, isTrial: true);
    }

    /// <summary>Chooses the image's point, after its gate has run.</summary>
    /// <param name="scores">Scores of <see cref="AllowedPoints.Gate"/>; empty without a gate.</param>
    /// <param name="time">For the stages that are left.</param>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.DeadlineExceeded"/>: not even the cheapest allowed point can be finished in time any more.</exception>
    public ComputeDecision Choose(AllowedPoints allowed, ReadOnlySpan<float> scores, RemainingTime time)
    {
        var context = allowed.Context with { Time = time, Only = allowed.IsOpen ? null : allowed.Context.Probe };
        var gate = allowed.Gate is { } name ? model.Gates!.Profiles[name] : null;
        IPointRule rule = gate is null ? new UngatedRule(context) : new GateRule(gate, context, scores);
        var (choice, reason) = rule.Propose(context.Points);
        var points = context.Points;
        foreach (var constraint in ComputeConstraint.InOrder)
        {
            var before = points;
            points = allowed.IsTrial && constraint.Reason == ComputeReason.Deadline ? allowed.Points : constraint.Narrow(points, context);
            if (points.Count == 0)
            {
                throw constraint.Refusal!(before, context);
            }

            if (!points.Contains(choice))
            {
                // An input that load had ruled out cannot be had by any deadline: load is the reason.
                var isCap = allowed.IsCapped && constraint.Reason == ComputeReason.Deadline && choice.Input != allowed.First;
                (choice, reason) = (rule.Among(points, choice), isCap ? ComputeReason.Brownout : constraint.Reason);
            }
        }

        return new ComputeDecision(
            choice,
            reason,
            gate?.Kind == GateProfile.Classifier ? allowed.Gate : null,
            gate is null ? null : context.Budget.Beta ?? gate.Beta)
        {
            Probe = context.Probe,
        };
    }

    private bool CanChoose(GateProfile gate, IReadOnlyList<ComputePoint> points) => ModelBudget.CanChoose(gate, model, Covered(gate, points).Select(static point => point.Size));

    private IEnumerable<ComputePoint> Covered(GateProfile gate, IReadOnlyList<ComputePoint> points) =>
        points.Where(point => model.PointsOf(gate).Contains(point.Key));

    private AllowedPoints Gated(PlanningContext context, IReadOnlyList<ComputePoint> points, string gate)
    {
        var isOpen = IsOpen(points);
        return new AllowedPoints(context, points, gate)
        {
            IsOpen = isOpen,
            IsCapped = !isOpen && context.Time.Load is not null && IsOpen(Narrow(context with { Time = context.Time with { Load = null } }, out _)),
        };

        bool IsOpen(IReadOnlyList<ComputePoint> left) => Covered(model.Gates!.Profiles[gate], left).Any(point => point.Input != context.Probe);
    }

    /// <summary>Without a gate the size is chosen now, so that only its stem runs.</summary>
    private AllowedPoints Ungated(PlanningContext context, IReadOnlyList<ComputePoint> points, bool isTrial)
    {
        var all = new AllowedPoints(context, points, gate: null) { IsTrial = isTrial };
        var (point, reason, _, _) = Choose(all, [], context.Time);
        return new AllowedPoints(context with { Probe = point.Input }, [.. points.Where(allowed => allowed.Input == point.Input)], gate: null)
        {
            IsTrial = isTrial,
            IsCapped = reason == ComputeReason.Brownout,
        };
    }

    /// <param name="refusal">Why there are none.</param>
    /// <returns>Points that every constraint allows.</returns>
    private static IReadOnlyList<ComputePoint> Narrow(PlanningContext context, out SegmentationException? refusal)
    {
        var points = context.Points;
        foreach (var constraint in ComputeConstraint.InOrder)
        {
            var before = points;
            points = constraint.Narrow(points, context);
            if (points.Count == 0)
            {
                refusal = constraint.Refusal!(before, context);
                return points;
            }
        }

        refusal = null;
        return points;
    }
}
