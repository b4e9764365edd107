namespace EcoM2F.Inference.Imaging;

/// <summary>Blocks that a component has side by side and one below the other in a unit of a JPEG's scan.</summary>
internal readonly record struct JpegComponent(int Horizontal, int Vertical);
