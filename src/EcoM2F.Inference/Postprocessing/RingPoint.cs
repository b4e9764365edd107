namespace EcoM2F.Inference.Postprocessing;

/// <summary>A corner of pixels: 0, 0 is the image's upper left corner, and the width and height its lower right one.</summary>
internal readonly record struct RingPoint(int X, int Y);
