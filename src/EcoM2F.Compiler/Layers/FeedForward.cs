using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Layers;

/// <summary>fc1, ReLU, fc2, residual and <c>final_layer_norm</c>: the end of encoder and decoder layers alike.</summary>
internal static class FeedForward
{
    /// <param name="x">[rows, d].</param>
    public static Value FeedForwardBlock(this LayerBuilder b, Value x, string prefix, int width, int inner) // [rows, d]
    {
        var hidden = b.Graph.Relu(b.Linear(x, prefix + ".fc1", width, inner));
        var change = b.Linear(hidden, prefix + ".fc2", inner, width);
        return b.AddLayerNorm(x, change, prefix + ".final_layer_norm", width);
    }
}
