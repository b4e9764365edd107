using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler;

/// <summary>Whether a gate's scores are for what the model has.</summary>
internal static class GatePointRules
{
    /// <exception cref="CompileException">Names what does not fit.</exception>
    public static void Check(ModelManifest model, NewGate gate)
    {
        if (gate.Points is not { } points)
        {
            Require(gate.Bias.Length == model.Exits.Count, $"The gate has {gate.Bias.Length} exits; the model has {model.Exits.Count}.");
            Require(gate.Guard is null && gate.Leverage is null, "A gate over exits has no guard; one over points may.");
            return;
        }

        Require(points.Count > 0 && points.Distinct().Count() == points.Count, "The gate's points are none, or one occurs twice.");
        Require(gate.Bias.Length == points.Count, $"The gate has {gate.Bias.Length} scores for {points.Count} points.");
        foreach (var point in points)
        {
            RequireKnown(model, point, "point");
        }

        Require(gate.Guard is null == gate.Leverage is null, "The guard's bound and its matrix go together.");
        if (gate.Guard is { } guard)
        {
            Require(guard.MaxLeverage is > 0 and < double.PositiveInfinity, FormattableString.Invariant($"The guard's bound is {guard.MaxLeverage}; it must be above 0."));
            RequireKnown(model, guard.Fallback, "fallback");
        }
    }

    private static void RequireKnown(ModelManifest model, GatePoint point, string what) => Require(
        model.Points.Contains(point),
        $"The gate's {what} is {point}; the model's sizes are {string.Join(", ", model.ShortestEdges)}, its exits {string.Join(", ", model.Exits)}"
        + (model.DecoderExits is { } decoder ? $", its decoder exits {string.Join(", ", decoder)}." : "."));

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new CompileException(otherwise);
        }
    }
}
