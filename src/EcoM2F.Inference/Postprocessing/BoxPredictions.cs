namespace EcoM2F.Inference.Postprocessing;

/// <summary>What the decoder of a detector gave for one image. The memory is the caller's and must stay unchanged while it is processed.</summary>
/// <param name="ClassLogits">[Queries, Columns].</param>
/// <param name="Boxes">[Queries, 4]: centre x, centre y, width, height, from 0 to 1 of the image.</param>
/// <param name="Columns">Labels; with <c>detr</c> also "no object", which is last.</param>
internal sealed record BoxPredictions(ReadOnlyMemory<float> ClassLogits, ReadOnlyMemory<float> Boxes, int Queries, int Columns);
