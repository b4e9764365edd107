using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace EcoM2F.Inference.Models;

/// <summary>How the graphs of a precision that was made from the fp32 graphs came to be, and what may be expected of them.</summary>
/// <param name="Weights">File of the weights that these graphs read beside those of the model, in safetensors layout.</param>
/// <param name="Tolerance">How far the canary's values may be off.</param>
/// <param name="Measured">What the command that made them found: photographs, layers, loss, times. For people; nothing reads it.</param>
public sealed record PrecisionRecord(string Weights, PrecisionTolerance Tolerance, JsonObject? Measured = null);

/// <summary>How far values of a precision may differ from stored fp32 values: twice what was measured when its graphs were made.</summary>
/// <param name="Share">Share of mask signs, and of classes, that must be equal; from 0 to 1.</param>
/// <param name="Tensors">Largest absolute difference by tensor, as the canary names it without its case.</param>
public sealed record PrecisionTolerance(double Share, IReadOnlyDictionary<string, double> Tensors)
{
    /// <summary>For tensors that are not named: the largest of those that are.</summary>
    [JsonIgnore]
    public double Largest => Tensors.Count == 0 ? 0 : Tensors.Values.Max();
}
