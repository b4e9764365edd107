using EcoM2F.Compiler.Graph;
using EcoM2F.Compiler.Layers;

namespace EcoM2F.Compiler.Architectures.Mask2Former;

/// <summary><c>model.transformer_module.decoder.mask_predictor</c>: queries to mask embeddings, and those to attention masks.</summary>
internal static class MaskPredictor
{
    private const string Prefix = "model.transformer_module.decoder.mask_predictor.mask_embedder.";

    /// <summary>Finite, so that no row can turn into NaN, and within fp16's range.</summary>
    private const float Blocked = -30000f;

    /// <param name="normed">[B*Q, d], after the shared layer norm.</param>
    public static Value Embed(LayerBuilder b, Mask2FormerConfig config, Value normed) // [B, Q, dm]
    {
        var x = b.Graph.Relu(b.Linear(normed, Prefix + "0.0", config.HiddenDim, config.HiddenDim));
        x = b.Graph.Relu(b.Linear(x, Prefix + "1.0", config.HiddenDim, config.HiddenDim));
        x = b.Linear(x, Prefix + "2.0", config.HiddenDim, config.MaskFeatureSize);
        return b.Graph.Reshape(x, -1, config.Queries, config.MaskFeatureSize);
    }

    /// <summary>Mask logits. A mask is where they are positive, and at its edge they are sums of many products that nearly cancel, so they are always computed in fp32.</summary>
    /// <param name="embedding">[B, Q, dm].</param>
    /// <param name="features">[B, dm, M].</param>
    public static Value MasksOf(GraphBuilder g, Value embedding, Value features) // [B, Q, M]
    {
        using var scope = g.Scope(HalfPrecision.ExactScope);
        return g.MatMul(embedding, features);
    }

    /// <summary>
    /// Keeps attention inside the mask predicted so far: blocked where the mask's logit is below 0. A query whose mask is empty
    /// looks everywhere.
    /// </summary>
    /// <param name="embedding">[B, Q, dm].</param>
    /// <param name="features">[B, dm, M]: mask features at the level's own size, for resizing is linear.</param>
    public static Value AttentionBias(GraphBuilder g, Value embedding, Value features) // [B, 1, Q, M]
    {
        var logits = MasksOf(g, embedding, features);                                                    // [B, Q, M]
        var highest = g.Node("ReduceMax", [logits], ("axes", new long[] { -1 }), ("keepdims", 1));       // [B, Q, 1]
        var zero = g.Scalar(0f);
        var threshold = g.Node("Where", [g.Node("Less", [highest, zero]), g.Scalar(float.MinValue), zero]);
        var bias = g.Node("Where", [g.Node("Less", [logits, threshold]), g.Scalar(Blocked), zero]);
        return g.Node("Unsqueeze", [bias, g.Ints(1)]);
    }
}
