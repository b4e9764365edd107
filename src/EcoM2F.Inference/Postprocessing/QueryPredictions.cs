namespace EcoM2F.Inference.Postprocessing;

/// <summary>What the decoder gave for one image. The memory is the caller's and must stay unchanged while it is processed.</summary>
/// <param name="ClassLogits">[Queries, Classes + 1]; the last is "no object".</param>
/// <param name="MaskLogits">[Queries, MaskHeight, MaskWidth].</param>
/// <param name="Classes">Without "no object".</param>
internal sealed record QueryPredictions(
    ReadOnlyMemory<float> ClassLogits,
    ReadOnlyMemory<float> MaskLogits,
    int Queries,
    int Classes,
    int MaskHeight,
    int MaskWidth);
