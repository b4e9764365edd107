using EcoM2F.Inference.Models;

namespace EcoM2F.TestSupport;

/// <summary>A gate whose scores are the same for every image.</summary>
/// <param name="Kind">Of <see cref="GateProfile"/>.</param>
/// <param name="Points">Null: the exits at the model's own size.</param>
/// <param name="Scores">One per point.</param>
public sealed record SizedGate(string Profile, string Kind, IReadOnlyList<GatePoint>? Points, IReadOnlyList<float> Scores)
{
    /// <summary>PQ points per layer; null for utility.</summary>
    public double? Beta { get; init; }

    public GateGuard? Guard { get; init; }

    /// <summary>Of every image; used with a guard only.</summary>
    public float Leverage { get; init; }
}
