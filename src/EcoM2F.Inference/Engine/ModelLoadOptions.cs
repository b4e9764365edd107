using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;

namespace EcoM2F.Inference.Engine;

/// <summary>How a model folder is loaded.</summary>
/// <param name="AllExits">Whether to load the graph that computes every exit in one pass, which measures the quality per exit.</param>
public sealed record ModelLoadOptions(ExecutionTarget Target, bool AllExits = false)
{
    /// <summary>The operator's caps, which apply to every request.</summary>
    public BudgetOptions OperatorCaps { get; init; } = new();

    /// <summary>One of <see cref="GraphPrecisions"/>. Null: the fastest of those that the model has, by measurement.</summary>
    public string? Precision { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
