using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Layers;

namespace EcoM2F.Compiler.Backbones.Swin;

/// <summary><c>downsample</c> of a Swin stage: squares of 2x2 tokens become one of twice the width. An odd map gets a row or column of zeros.</summary>
internal static class PatchMerging
{
    /// <param name="b">Graph and checkpoint.</param>
    /// <param name="x">[B*H*W, d].</param>
    /// <param name="prefix">Of the layer.</param>
    /// <param name="width">d.</param>
    /// <param name="grid">Where tokens lie.</param>
    /// <returns>[B*H/2*W/2, 2d], and where those lie.</returns>
    public static (Value Tokens, TokenGrid Grid) Build(LayerBuilder b, Value x, string prefix, int width, TokenGrid grid)
    {
        var g = b.Graph;
        using var scope = g.Scope(prefix);
        var two = g.Constant([2L]);
        var (oddRow, oddColumn) = (g.Node("Mod", [grid.Height, two]), g.Node("Mod", [grid.Width, two]));
        var pads = g.Concat(0, g.Ints(0, 0, 0, 0, 0), g.Reshape(oddRow, 1), g.Reshape(oddColumn, 1), g.Ints(0));
        x = g.Node("Pad", [g.Reshape(x, grid.Shape(g, width)), pads]);                         // [B, H, W, d], even
        var half = new TokenGrid(grid.Batch, g.Div(g.Add(grid.Height, oddRow), two), g.Div(g.Add(grid.Width, oddColumn), two));
        var shape = g.Concat(0, g.Ints(-1), g.Reshape(half.Height, 1), g.Ints(2), g.Reshape(half.Width, 1), g.Ints(2, width));
        x = g.Transpose(g.Reshape(x, shape), 0, 1, 3, 4, 2, 5);                                // [B, H/2, W/2, right, down, d]
        x = b.LayerNorm(g.Reshape(x, -1, 4 * width), prefix + ".norm", 4 * width);
        var reduction = b.Matrix(prefix + ".reduction.weight", 4 * width, (prefix + ".reduction.weight", 2 * width));
        return (g.Node("Gemm", [x, reduction]), half);
    }
}
