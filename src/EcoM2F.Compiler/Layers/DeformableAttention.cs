using EcoM2F.Compiler.Graph;

namespace EcoM2F.Compiler.Layers;

/// <summary>
/// Multi-scale deformable attention: each head of each query reads a few bilinear samples per level at places that the query
/// itself chooses, and adds them up with weights that sum to 1. Source: Deformable DETR (arXiv 2010.04159), equation 3. Offsets
/// and weights read the same input, so one matrix makes both.
/// </summary>
internal sealed class DeformableAttention(LayerBuilder b, IDeformableSampling sampling)
{
    /// <param name="prefix">The checkpoint's, up to and including <c>self_attn</c> or <c>encoder_attn</c>.</param>
    /// <param name="tokens">[B*N, d].</param>
    /// <param name="queries">[B*Q, d], with their position; in an encoder one for each token.</param>
    public Value Build(string prefix, Value tokens, Value queries) // [B*Q, d]
    {
        using var scope = b.Graph.Scope(prefix);
        var width = sampling.Size.Width;
        var values = b.Linear(tokens, prefix + ".value_proj", width, width);
        var projected = Projected(prefix, queries);
        return b.Linear(sampling.Sample(values, projected), prefix + ".output_proj", width, width);
    }

    /// <summary>Places to sample at: fp32 in fp16 graphs too, or they would move. What 8 bits do to an encoder's is measured (<see cref="Quantization.QuantizableLayers"/>).</summary>
    private Value Projected(string prefix, Value queries) // [B*Q, 3 * samples]
    {
        var (width, samples) = (sampling.Size.Width, sampling.Size.Samples);
        using var scope = b.Graph.Scope($"{HalfPrecision.ExactScope}/{prefix}");
        return b.Graph.Node(
            "Gemm",
            [
                queries,
                b.Matrix(prefix + ".sampling_offsets_and_attention_weights.weight", width,
                    (prefix + ".sampling_offsets.weight", samples * 2), (prefix + ".attention_weights.weight", samples)),
                b.Vector(prefix + ".sampling_offsets_and_attention_weights.bias",
                    (prefix + ".sampling_offsets.bias", samples * 2), (prefix + ".attention_weights.bias", samples)),
            ]);
    }
}
