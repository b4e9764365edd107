namespace EcoM2F.Inference.Postprocessing;

/// <param name="CategoryId">Label index.</param>
/// <param name="Score">0 to 1.</param>
public sealed record DetectedObject(int CategoryId, float Score, ObjectBox Box);

/// <summary>COCO's box, in pixels of the upright image and inside it: left, top, width, height.</summary>
public readonly record struct ObjectBox(double X, double Y, double Width, double Height);
