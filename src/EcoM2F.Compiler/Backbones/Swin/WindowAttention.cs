using EcoM2F.Compiler.Checkpoints;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Layers;

namespace EcoM2F.Compiler.Backbones.Swin;

/// <summary>
/// <c>attention</c> of a Swin block. Queries, keys and values come from one matrix product on the map's own tokens; gathering
/// then cuts them into windows and heads at once.
/// </summary>
internal static class WindowAttention
{
    /// <param name="b">Graph and checkpoint.</param>
    /// <param name="x">[B*H*W, d], normalised.</param>
    /// <param name="prefix">Of the attention.</param>
    /// <param name="size">Of the block.</param>
    /// <param name="batch">int64 [1].</param>
    /// <param name="order">Windows.</param>
    public static Value Build(LayerBuilder b, Value x, string prefix, SwinBlockSize size, Value batch, WindowOrder order) // [B*H*W, d]
    {
        var g = b.Graph;
        b.Checkpoint.Ignore(prefix + ".self.relative_position_index"); // a buffer that is computed
        using var scope = g.Scope(prefix + ".self");
        var rows = Rows(b, x, prefix + ".self", size, batch);                                  // [B, (H*W+1)*3*heads, d/heads]
        var keys = g.Transpose(g.Gather(rows, order.Keys, 1), 0, 1, 2, 4, 3);                  // [B, windows, heads, d/heads, tokens]
        var logits = g.MatMul(g.Gather(rows, order.Queries, 1), keys);                         // [B, windows, heads, tokens, tokens]
        logits = g.Add(logits, PositionBias(b, prefix + ".self", size));
        if (order.Mask != Value.None)
        {
            logits = g.Add(logits, order.Mask);
        }

        var sums = g.MatMul(g.Softmax(logits), g.Gather(rows, order.Values, 1));               // [B, windows, heads, tokens, d/heads]
        sums = g.Reshape(sums, g.Concat(0, batch, g.Ints(-1, size.HeadWidth)));
        return b.Linear(g.Reshape(g.Gather(sums, order.Back, 1), -1, size.Width), prefix + ".output.dense", size.Width, size.Width);
    }

    /// <summary>
    /// Projections of all tokens and of one row of zeros: what windows see beyond the map, since Hugging Face pads before it
    /// projects. Queries are scaled in the weights.
    /// </summary>
    private static Value Rows(LayerBuilder b, Value x, string prefix, SwinBlockSize size, Value batch)
    {
        var g = b.Graph;
        var tokens = g.Reshape(x, g.Concat(0, batch, g.Ints(-1, size.Width)));                 // [B, H*W, d]
        tokens = g.Reshape(g.Node("Pad", [tokens, g.Ints(0, 0, 0, 0, 1, 0)]), -1, size.Width); // [B*(H*W+1), d]
        var weight = QkvWeight(b, prefix, size);
        var projected = g.Node("Gemm", size.QkvBias ? [tokens, weight, QkvBias(b, prefix, size)] : [tokens, weight]);
        return g.Reshape(projected, g.Concat(0, batch, g.Ints(-1, size.HeadWidth)));
    }

    private static Value QkvWeight(LayerBuilder b, string prefix, SwinBlockSize size) => b.Matrix(
        prefix + ".qkv.weight",
        size.Width,
        (prefix + ".query.weight", size.Width, QueryScale(size)),
        (prefix + ".key.weight", size.Width, 1f),
        (prefix + ".value.weight", size.Width, 1f));

    private static Value QkvBias(LayerBuilder b, string prefix, SwinBlockSize size) => b.Vector(
        prefix + ".qkv.bias",
        (prefix + ".query.bias", size.Width, QueryScale(size)),
        (prefix + ".key.bias", size.Width, 1f),
        (prefix + ".value.bias", size.Width, 1f));

    private static float QueryScale(SwinBlockSize size) => 1 / MathF.Sqrt(size.HeadWidth);

    private static Value PositionBias(LayerBuilder b, string prefix, SwinBlockSize size) // [heads, tokens, tokens]
    {
        var name = prefix + ".relative_position_bias";
        b.Graph.Weights.Add(name, () => Spread(b.Checkpoint, prefix, size), size.Heads, size.WindowTokens, size.WindowTokens);
        return b.Graph.Weight(name);
    }

    /// <summary>The checkpoint's table has one row per distance between two tokens; here each pair has its own entry.</summary>
    private static float[] Spread(CheckpointReader checkpoint, string prefix, SwinBlockSize size)
    {
        var (window, tokens, distances) = (size.Window, size.WindowTokens, (2 * size.Window) - 1);
        var table = checkpoint.Read(prefix + ".relative_position_bias_table", distances * distances, size.Heads);
        var bias = new float[size.Heads * tokens * tokens];
        for (var query = 0; query < tokens; query++)
        {
            for (var key = 0; key < tokens; key++)
            {
                var down = (query / window) - (key / window) + window - 1;
                var right = (query % window) - (key % window) + window - 1;
                for (var head = 0; head < size.Heads; head++)
                {
                    bias[(((head * tokens) + query) * tokens) + key] = table[(((down * distances) + right) * size.Heads) + head];
                }
            }
        }

        return bias;
    }
}
