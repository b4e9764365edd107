using System.Globalization;
using EcoM2F.Inference.Models;

namespace EcoM2F.Recipe.Gates;

/// <summary>Whether a trained gate is to be installed.</summary>
/// <param name="Install">It is worth having, or is wanted all the same.</param>
/// <param name="Shortfall">By how much it is not shown to be better than its rival, a sentence; null where it is.</param>
public sealed record GateDecision(bool Install, string? Shortfall)
{
    /// <param name="points">What the gate chooses among.</param>
    /// <param name="force">Whether the gate is wanted even where it is not worth having.</param>
    public static GateDecision Of(GateJudgement judgement, IReadOnlyList<GatePoint> points, bool force)
    {
        if (judgement.IsWorthIt)
        {
            return new GateDecision(Install: true, Shortfall: null);
        }

        var (value, low, high) = judgement.Deciding;
        if (judgement.IsAgreement)
        {
            return new GateDecision(force, string.Create(
                CultureInfo.InvariantCulture,
                $"On held-out images the gate's mean agreement less that of its own choices assigned to images at random is {value:0.00} points, 95% between {low:0.00} and {high:0.00}; the lower end must be above 0."));
        }

        var rivals = string.Join(" or ", judgement.Prices.Select(price => points[judgement.Rival(price)]).Distinct().Select(point => judgement.HasPoints ? point.ToString() : $"depth {point.Depth}"));
        return new GateDecision(force, string.Create(
            CultureInfo.InvariantCulture,
            $"On held-out images the gate's mean {(judgement.HasPoints ? "quality" : "utility")} less that of always {rivals} is {value:0.00} PQ points, 95% between {low:0.00} and {high:0.00}; the lower end must be above 0."));
    }
}
