using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Backbones.Swin;

/// <summary>How the rows of a matrix of tokens lie on images.</summary>
/// <param name="Batch">int64 [1].</param>
/// <param name="Height">Rows of tokens, int64 scalar.</param>
/// <param name="Width">Columns of tokens, int64 scalar.</param>
internal readonly record struct TokenGrid(Value Batch, Value Height, Value Width)
{
    /// <param name="g">Graph to add to.</param>
    /// <param name="map">[B, C, H, W].</param>
    public static TokenGrid Of(GraphBuilder g, Value map)
    {
        var size = g.Shape(map, 2, 4);
        return new TokenGrid(g.Shape(map, 0, 1), g.Gather(size, g.Constant([0L]), 0), g.Gather(size, g.Constant([1L]), 0));
    }

    /// <summary>int64 [4]: B, H, W, C.</summary>
    public Value Shape(GraphBuilder g, int channels) => g.Concat(0, Batch, g.Reshape(Height, 1), g.Reshape(Width, 1), g.Ints(channels));
}
