using System.Text.Json.Nodes;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler;

/// <summary>A gate to be installed into a model folder.</summary>
public sealed record NewGate
{
    /// <summary>A name as <see cref="GateGraph.IsProfileName"/> has it; a profile of that name and kind is replaced.</summary>
    public required string Profile { get; init; }

    /// <summary>classifier or utility.</summary>
    public required string Kind { get; init; }

    /// <summary>PQ points per layer; null for utility.</summary>
    public double? Beta { get; init; }

    /// <summary>[points, d] row by row.</summary>
    public required float[] Weight { get; init; }

    /// <summary>[points].</summary>
    public required float[] Bias { get; init; }

    /// <summary>What the scores are for; null: the model's exits at its own size.</summary>
    public IReadOnlyList<GatePoint>? Points { get; init; }

    /// <summary>Where another point than the gate's choice is used; goes with <see cref="Leverage"/>.</summary>
    public GateGuard? Guard { get; init; }

    /// <summary>What the guard goes by.</summary>
    public GateLeverage? Leverage { get; init; }

    /// <summary>Whether it answers requests without a budget from now on; the first gate of a model does in any case.</summary>
    public bool MakeDefault { get; init; }

    /// <summary>How it came to be, for the manifest's provenance.</summary>
    public JsonObject? Provenance { get; init; }
}
