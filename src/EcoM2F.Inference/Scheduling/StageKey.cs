using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;

namespace EcoM2F.Inference.Scheduling;

/// <summary>Identifies a stage that waiting images can run together: images with equal keys may share a batch.</summary>
/// <param name="Sessions">Sessions of the loaded model.</param>
/// <param name="Input">Pixels of the model's input.</param>
/// <param name="Depth">Encoder or decoder layers to run; 0 for other stages, and for the decoder of a model without decoder exits.</param>
/// <param name="Profile">Name of the gate to run; null for other stages.</param>
internal readonly record struct StageKey(ModelSessions Sessions, InputSize Input, Stage Stage, int Depth = 0, string? Profile = null);
