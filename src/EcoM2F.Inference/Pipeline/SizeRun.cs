using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;

namespace EcoM2F.Inference.Pipeline;

/// <summary>What an image gave at one size: the part of an <see cref="ExitsRun"/>. Its outputs go to that.</summary>
/// <param name="Pooled">The feature of this size.</param>
/// <param name="Scores">Of the gates that read this size's feature, by profile.</param>
/// <param name="Gates">Milliseconds of all these gates.</param>
/// <param name="Outputs">By point of this size.</param>
/// <param name="Times">By point of this size.</param>
/// <param name="Similarities">By point of this size; empty unless requested.</param>
internal sealed record SizeRun(
    float[] Pooled,
    IReadOnlyDictionary<string, float[]> Scores,
    double Gates,
    IReadOnlyList<ModelOutput> Outputs,
    IReadOnlyList<StageTimes> Times,
    IReadOnlyList<double> Similarities);
