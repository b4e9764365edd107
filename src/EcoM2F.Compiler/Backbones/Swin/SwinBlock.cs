using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Layers;

namespace EcoM2F.Compiler.Backbones.Swin;

/// <summary>One block of a Swin Transformer, pre-norm: window attention, then a feed-forward block with GELU.</summary>
internal static class SwinBlock
{
    /// <param name="b">Graph and checkpoint.</param>
    /// <param name="x">[B*H*W, d].</param>
    /// <param name="prefix">Of the block.</param>
    /// <param name="size">Of the block.</param>
    /// <param name="grid">Where tokens lie.</param>
    /// <param name="order">Windows.</param>
    public static Value Build(LayerBuilder b, Value x, string prefix, SwinBlockSize size, TokenGrid grid, WindowOrder order) // [B*H*W, d]
    {
        var g = b.Graph;
        var normal = b.LayerNorm(x, prefix + ".layernorm_before", size.Width, size.Epsilon);
        x = g.Add(x, WindowAttention.Build(b, normal, prefix + ".attention", size, grid.Batch, order));
        normal = b.LayerNorm(x, prefix + ".layernorm_after", size.Width, size.Epsilon);
        var hidden = b.Gelu(b.Linear(normal, prefix + ".intermediate.dense", size.Width, size.Feedforward));
        return g.Add(x, b.Linear(hidden, prefix + ".output.dense", size.Feedforward, size.Width));
    }

    /// <summary>The exact one, by the error function, in the form that runtimes know and fuse.</summary>
    private static Value Gelu(this LayerBuilder b, Value x)
    {
        var g = b.Graph;
        var share = g.Add(g.Node("Erf", [g.Div(x, g.Scalar(MathF.Sqrt(2)))]), g.Scalar(1f));
        return g.Mul(g.Mul(x, share), g.Scalar(0.5f));
    }
}
