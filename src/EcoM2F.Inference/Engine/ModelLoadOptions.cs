using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;

namespace EcoM2F.Inference.Engine;

/// <summary>How a model folder is loaded.</summary>
/// <param name="AllExits">Whether to load the graph that computes every exit in one pass, which measures the quality per exit.</param>
/// <param name="Warmup">Whether to run the model once at its usual input sizes, exits and tasks.</param>
public sealed record ModelLoadOptions(ExecutionTarget Target, bool AllExits = false, bool Warmup = false)
{
    /// <summary>The operator's caps, which apply to every request.</summary>
    public BudgetOptions OperatorCaps { get; init; } = new();

    /// <summary>Most images that may run through a stage together; above 1 it is measured at warm-up how many pay.</summary>
    /// <value>1</value>
    internal int MaxBatch { get; init; } = 1;

    /// <summary>One of <see cref="GraphPrecisions"/>. Null: the fastest of those that the model has, by measurement.</summary>
    public string? Precision { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
