using EcoM2F.Compiler.Costs;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Adapters;

/// <summary>What adapters add to a model's costs: one product of width x width for every token.</summary>
internal static class AdapterCosts
{
    /// <param name="stem">Tells how many tokens an input of a certain size becomes, and their width.</param>
    /// <param name="exits">Those that have an adapter; none takes the costs of adapters out.</param>
    public static IReadOnlyList<ModelCost> AddTo(IReadOnlyList<ModelCost> costs, ModelProto stem, IReadOnlyCollection<int> exits) =>
        [.. costs.Select(cost => cost with { Adapters = exits.Count == 0 ? null : exits.ToDictionary(static exit => exit, _ => At(cost, stem)) })];

    private static double At(ModelCost cost, ModelProto stem)
    {
        var tokens = ModelCosts.TensorsOf(stem, cost.Height, cost.Width)[GraphTensors.Tokens].Shape; // [1, N, d]
        return ModelCosts.Giga((double)tokens[1] * tokens[2] * tokens[2]);
    }
}
