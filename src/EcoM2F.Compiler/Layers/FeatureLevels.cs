using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Layers;

/// <summary>
/// The levels that encoder and decoder work on, one after the other as one sequence of N tokens. What depends on their sizes
/// alone is computed once per graph, on small integers.
/// </summary>
internal sealed class FeatureLevels
{
    /// <param name="g">Graph in which the sizes are used.</param>
    /// <param name="spatialShapes">int64 [levels, 2]: height and width of each level.</param>
    /// <param name="count">How many levels.</param>
    public FeatureLevels(GraphBuilder g, Value spatialShapes, int count)
    {
        Shapes = spatialShapes;
        Tokens = g.Node("ReduceProd", [spatialShapes], ("axes", new long[] { 1 }), ("keepdims", 0));
        Sizes = [.. Enumerable.Range(0, count).Select(level => g.Gather(spatialShapes, g.Constant([(long)level]), 0))];
    }

    public Value Shapes { get; }

    /// <summary>Tokens of each level, int64 [levels]; they add up to N.</summary>
    public Value Tokens { get; }

    /// <summary>Height and width of each level, int64 [2].</summary>
    public Value[] Sizes { get; }
}
