using EcoM2F.Compiler.Graph.Onnx;

namespace EcoM2F.Compiler.Architectures;

/// <summary>
/// A network as the stages that the engine runs. Tensors go from stage to stage by name: an encoder or a decoder may take
/// anything that the stem gives, a decoder also <c>encoder</c>.
/// </summary>
internal interface IStagedNetwork
{
    /// <summary>Whether the encoder has work for operators of our own that is worth a second flavour.</summary>
    bool HasFusedEncoder { get; }

    /// <summary>Whether the decoder has.</summary>
    bool HasFusedDecoder { get; }

    /// <summary>
    /// pixel_values [B, 3, H, W] -> at least tokens [B, N, d] without position, position [1, N, d], and pooled [B, d], the mean of
    /// the stride-32 tokens, what gates read. Where the backbone has no layer norms, <paramref name="fused"/> changes nothing.
    /// </summary>
    ModelProto Stem(bool fused);

    /// <summary>-> encoder [B, N, d] after <paramref name="depth"/> layers.</summary>
    ModelProto Encoder(int depth, bool fused);

    /// <summary>-> encoder_1 to encoder_K, the output of every layer.</summary>
    ModelProto EncoderExits(bool fused);

    /// <summary>Layers after which the decoder may stop, ascending; the last is all of them. Null: it was not trained to stop.</summary>
    IReadOnlyList<int>? DecoderLayers { get; }

    /// <summary>-> logits of classes, and of masks or boxes, by query.</summary>
    /// <param name="layers">One of <see cref="DecoderLayers"/>; null: the whole decoder.</param>
    ModelProto Decoder(bool fused, int? layers = null);
}
