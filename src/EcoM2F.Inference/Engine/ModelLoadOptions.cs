using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Onnx;

namespace EcoM2F.Inference.Engine;

/// <summary>How a model folder is loaded.</summary>
/// <param name="AllExits">Also the graph that gives every exit in one pass: quality per exit is measured with it.</param>
/// <param name="Warmup">Whether to run the model once at its usual input sizes, exits and tasks.</param>
public sealed record ModelLoadOptions(ExecutionTarget Target, bool AllExits = false, bool Warmup = false)
{
    /// <summary>Caps that hold for every request.</summary>
    public BudgetOptions OperatorCaps { get; init; } = new();

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
