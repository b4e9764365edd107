using EcoM2F.Compiler.Costs;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Adapters;

/// <summary>What adapters add to a model's costs.</summary>
internal static class AdapterCosts
{
    /// <param name="stem">Tells how many tokens an input of a certain size becomes.</param>
    /// <param name="adapters">By exit.</param>
    public static IReadOnlyList<ModelCost> AddTo(IReadOnlyList<ModelCost> costs, ModelProto stem, IReadOnlyDictionary<int, ModelProto> adapters) =>
        [.. costs.Select(cost =>
        {
            var made = ModelCosts.TensorsOf(stem, cost.Height, cost.Width);
            return cost with { Adapters = adapters.ToDictionary(static adapter => adapter.Key, adapter => ModelCosts.Gigas(adapter.Value, made)) };
        })];
}
