using System.Globalization;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Graph.Onnx;
using EcoM2F.Compiler.Layers;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Adapters;

/// <summary>An exit's adapter as a graph by itself: tokens [B, N, d] and, of several levels, spatial_shapes -> encoder [B, N, d].</summary>
internal static class AdapterGraph
{
    /// <summary>The weights are in the store, by these names.</summary>
    public static ModelProto Build(ExitAdapter adapter, WeightStore weights) => Build(adapter, weights, (g, name, values, shape) =>
    {
        weights.Add(name, () => values, shape);
        return g.Weight(name);
    });

    /// <summary>The weights are inside.</summary>
    public static ModelProto BuildAlone(ExitAdapter adapter) =>
        Build(adapter, new WeightStore(), static (g, name, values, shape) => g.Constant(name, values, shape));

    private static ModelProto Build(ExitAdapter adapter, WeightStore weights, Func<GraphBuilder, string, float[], long[], Value> weight)
    {
        var (levels, width) = (adapter.Levels.Count, adapter.Width);
        var g = new GraphBuilder($"adapter-{Text(adapter.Exit)}", weights);
        var tokens = g.Input(GraphTensors.Tokens, OnnxType.Float, "batch", "tokens", Text(width));
        var parts = levels == 1
            ? [tokens]
            : g.Split(tokens, 1, new FeatureLevels(g, g.Input(GraphTensors.SpatialShapes, OnnxType.Int64, Text(levels), "2"), levels).Tokens, levels);
        var mapped = new Value[levels]; // [B, n, d] each
        for (var level = 0; level < levels; level++)
        {
            var name = $"adapter.{Text(adapter.Exit)}.{Text(level)}";
            using var scope = g.Scope(name);
            var map = adapter.Levels[level];
            var product = g.Node(
                "Gemm",
                [
                    g.Reshape(parts[level], -1, width),
                    weight(g, name + ".weight", map.Weight, [width, width]),
                    weight(g, name + ".bias", map.Bias, [width]),
                ]);
            mapped[level] = g.Reshape(product, g.Shape(parts[level], 0, 3));
        }

        g.Output(levels == 1 ? mapped[0] : g.Concat(1, mapped), GraphTensors.Encoder, OnnxType.Float, "batch", "tokens", Text(width));
        return g.Build();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
