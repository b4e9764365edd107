using System.Globalization;
using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Layers;

/// <summary><c>model.pixel_level_module.decoder.encoder</c>: deformable encoder layers, post-norm, any number of which may run.</summary>
internal static class PixelEncoder
{
    public const string Prefix = "model.pixel_level_module.decoder.encoder.layers.";

    /// <param name="b">Graph and checkpoint.</param>
    /// <param name="size">Widths of the encoder.</param>
    /// <param name="depth">How many layers.</param>
    /// <param name="input">Tokens [B, N, d] without position, and position [1, N, d].</param>
    /// <param name="sampling">How deformable attention samples.</param>
    /// <returns>After each layer, [B, N, d].</returns>
    public static IReadOnlyList<Value> Build(LayerBuilder b, EncoderSize size, int depth, (Value Tokens, Value Position) input, IDeformableSampling sampling)
    {
        var g = b.Graph;
        var attention = new DeformableAttention(b, size, sampling);
        var shape = g.Shape(input.Tokens, 0, 3);
        var outputs = new List<Value>(depth);
        var tokens = input.Tokens;                                                     // [B, N, d]
        var x = g.Reshape(tokens, -1, size.Width);                                     // [B*N, d]
        for (var layer = 0; layer < depth; layer++)
        {
            var prefix = Prefix + layer.ToString(CultureInfo.InvariantCulture);
            var queries = g.Reshape(g.Add(tokens, input.Position), -1, size.Width);
            var attended = attention.Build(prefix + ".self_attn", x, queries);
            x = b.AddLayerNorm(x, attended, prefix + ".self_attn_layer_norm", size.Width);
            x = b.FeedForwardBlock(x, prefix, size.Width, size.Feedforward);
            tokens = g.Reshape(x, shape);
            outputs.Add(tokens);
        }

        return outputs;
    }
}
