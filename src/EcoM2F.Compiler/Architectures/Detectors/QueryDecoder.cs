using System.Globalization;
using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Layers;

namespace EcoM2F.Compiler.Architectures.Detectors;

/// <summary>
/// <c>model.decoder.layers</c> of a detector: object queries that look at each other, then at what the encoder gave, post-norm.
/// How they look at the encoder's output is the caller's.
/// </summary>
/// <param name="Width">d.</param>
/// <param name="Feedforward">Channels between fc1 and fc2.</param>
/// <param name="Queries">Q.</param>
internal sealed record QueryDecoder(int Layers, int Width, int Heads, int Feedforward, int Queries)
{
    private const string Prefix = "model.decoder.layers.";

    /// <param name="b">Graph and checkpoint.</param>
    /// <param name="target">[B*Q, d]: what queries are before the first layer.</param>
    /// <param name="position">[B*Q, d]: added to queries wherever they ask.</param>
    /// <param name="crossAttention">Of a prefix and queries with position [B*Q, d]: [B*Q, d].</param>
    public Value Build(LayerBuilder b, Value target, Value position, Func<string, Value, Value> crossAttention) // [B*Q, d]
    {
        var g = b.Graph;
        var attention = new MultiHeadAttention(g, Width, Heads);
        var shape = attention.Shape(Queries);
        var x = target;
        for (var layer = 0; layer < Layers; layer++)
        {
            var name = Prefix + layer.ToString(CultureInfo.InvariantCulture);
            var seen = b.SelfAttention(attention, name + ".self_attn", x, g.Add(x, position), shape);
            x = b.AddLayerNorm(x, seen, name + ".self_attn_layer_norm", Width);
            var found = crossAttention(name + ".encoder_attn", g.Add(x, position));
            x = b.AddLayerNorm(x, found, name + ".encoder_attn_layer_norm", Width);
            x = b.FeedForwardBlock(x, name, Width, Feedforward);
        }

        return x;
    }

    /// <summary>The same rows for every image.</summary>
    /// <param name="g">Graph.</param>
    /// <param name="rows">[Q, d], or one number.</param>
    /// <param name="batch">int64 [1].</param>
    public Value ForEveryImage(GraphBuilder g, Value rows, Value batch) => // [B*Q, d]
        g.Reshape(g.Node("Expand", [rows, g.Concat(0, batch, g.Ints(Queries, Width))]), -1, Width);
}
