using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>The inputs of the constraints on one image's compute.</summary>
/// <param name="Model">The model.</param>
/// <param name="Costs">The model's costs.</param>
/// <param name="Budget">The request's.</param>
/// <param name="Operator">The operator's caps.</param>
internal sealed record PlanningContext(ModelManifest Model, CostTable Costs, ComputeBudget Budget, BudgetOptions Operator)
{
    /// <summary>The image's input at each size.</summary>
    public required ImageInputs Inputs { get; init; }

    /// <summary>Input whose stem runs first, whatever is chosen; null: only the chosen point's runs.</summary>
    public InputSize? Probe { get; init; }

    /// <summary>All points that the model has for this image, cheapest first.</summary>
    public required IReadOnlyList<ComputePoint> Points { get; init; }

    /// <summary>The one input that the image's pixels were made into, so that no other can be made any more; null: every input can.</summary>
    public InputSize? Only { get; init; }

    public RemainingTime Time { get; init; } = RemainingTime.Unlimited;

    /// <summary>Cost of a point, the probe's stem included.</summary>
    public double Gmacs(ComputePoint point) => Costs.Gmacs(point, Probe);

    /// <summary>A point's cost in encoder layers of the image, as beta prices them.</summary>
    public double LayerEquivalents(ComputePoint point) => Costs.LayerEquivalents(point, Inputs.Own, Probe);

    /// <summary>Time that a point still takes, the probe's stem included; null if nothing has been measured.</summary>
    public TimeSpan? Needed(ComputePoint point) =>
        Time.Needed(point) is { } needed ? needed + (Probe is { } probe && probe != point.Input ? Time.Stem(probe) : TimeSpan.Zero) : null;

    /// <summary>Whether the point can be finished before the deadline, as far as is known.</summary>
    public bool Allows(ComputePoint point) => Time.UntilDeadline is not { } left || Needed(point) is not { } needed || needed <= left;

    /// <summary>Whether the point takes no more of the device than load leaves, as far as is known.</summary>
    public bool LoadAllows(ComputePoint point) => Time.Load is not { } load || load.Takes(point, Probe) is not { } takes || takes <= load.Limit;

    /// <summary>The same image with or without a probe: the order of its points may change.</summary>
    public PlanningContext WithProbe(InputSize? probe)
    {
        var costed = this with { Probe = probe };
        return costed with { Points = [.. Points.OrderBy(costed.Gmacs).ThenBy(static point => point.Size).ThenBy(static point => point.Depth).ThenBy(static point => point.DecoderDepth)] };
    }
}
