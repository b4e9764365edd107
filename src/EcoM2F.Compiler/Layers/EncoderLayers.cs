using System.Globalization;
using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Layers;

/// <summary>Encoder layers, post-norm, any number of which may run: what Mask2Former, DETR and Deformable DETR share but for the attention.</summary>
internal static class EncoderLayers
{
    /// <param name="b">Graph and checkpoint.</param>
    /// <param name="prefix">Of the layers, before their number: <c>model.encoder.layers.</c></param>
    /// <param name="size">Widths of the encoder.</param>
    /// <param name="depth">How many layers.</param>
    /// <param name="input">Tokens [B, N, d] without position, and position [1, N, d].</param>
    /// <param name="attention">Of a prefix, tokens [B*N, d] and the same with position: [B*N, d].</param>
    /// <returns>After each layer, [B, N, d].</returns>
    public static IReadOnlyList<Value> Build(
        LayerBuilder b, string prefix, EncoderSize size, int depth, (Value Tokens, Value Position) input, Func<string, Value, Value, Value> attention)
    {
        var g = b.Graph;
        var shape = g.Shape(input.Tokens, 0, 3);
        var outputs = new List<Value>(depth);
        var tokens = input.Tokens;                                                     // [B, N, d]
        var x = g.Reshape(tokens, -1, size.Width);                                     // [B*N, d]
        for (var layer = 0; layer < depth; layer++)
        {
            var name = prefix + layer.ToString(CultureInfo.InvariantCulture);
            var queries = g.Reshape(g.Add(tokens, input.Position), -1, size.Width);
            var attended = attention(name + ".self_attn", x, queries);
            x = b.AddLayerNorm(x, attended, name + ".self_attn_layer_norm", size.Width);
            x = b.FeedForwardBlock(x, name, size.Width, size.Feedforward);
            tokens = g.Reshape(x, shape);
            outputs.Add(tokens);
        }

        return outputs;
    }
}
