using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;

namespace EcoM2F.Inference.Scheduling;

/// <summary>What a device can run together in one batch: images whose keys are equal.</summary>
/// <param name="Sessions">The loaded model; another version is another key.</param>
/// <param name="Input">Pixels of the model's input.</param>
/// <param name="Depth">Of the encoder; 0 for other stages.</param>
/// <param name="Profile">Of the gate; null for other stages.</param>
internal readonly record struct StageKey(ModelSessions Sessions, InputSize Input, Stage Stage, int Depth = 0, string? Profile = null);
