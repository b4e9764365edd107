namespace EcoM2F.Inference.Postprocessing;

/// <summary>COCO's compressed run-length encoding of a binary mask: runs go down columns, first of zeros.</summary>
/// <param name="Counts">ASCII, as pycocotools writes it.</param>
public sealed record CocoRle(int Height, int Width, string Counts);
