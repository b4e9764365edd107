using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Layers;

/// <summary>
/// Multi-scale deformable attention: each head of each token reads a few bilinear samples per level at places that the token
/// itself chooses, and adds them up with weights that sum to 1. Source: Deformable DETR (arXiv 2010.04159), equation 3. Offsets
/// and weights read the same input, so one matrix makes both.
/// </summary>
internal sealed class DeformableAttention(LayerBuilder b, EncoderSize size, IDeformableSampling sampling)
{
    private int Samples => size.Heads * FeatureLevels.Count * IDeformableSampling.Points;

    /// <param name="prefix">The checkpoint's, up to and including <c>self_attn</c>.</param>
    /// <param name="tokens">[B*N, d].</param>
    /// <param name="queries">[B*N, d]: tokens with their position.</param>
    public Value Build(string prefix, Value tokens, Value queries) // [B*N, d]
    {
        using var scope = b.Graph.Scope(prefix);
        var values = b.Linear(tokens, prefix + ".value_proj", size.Width, size.Width);
        var projected = Projected(prefix, queries);
        return b.Linear(sampling.Sample(values, projected), prefix + ".output_proj", size.Width, size.Width);
    }

    /// <summary>Places to sample at: on fp32 always, or they would move.</summary>
    private Value Projected(string prefix, Value queries) // [B*N, 3 * samples]
    {
        using var scope = b.Graph.Scope($"{HalfPrecision.ExactScope}/{prefix}");
        return b.Graph.Node(
            "Gemm",
            [
                queries,
                b.Matrix(prefix + ".sampling_offsets_and_attention_weights.weight", size.Width,
                    (prefix + ".sampling_offsets.weight", Samples * 2), (prefix + ".attention_weights.weight", Samples)),
                b.Vector(prefix + ".sampling_offsets_and_attention_weights.bias",
                    (prefix + ".sampling_offsets.bias", Samples * 2), (prefix + ".attention_weights.bias", Samples)),
            ]);
    }
}
