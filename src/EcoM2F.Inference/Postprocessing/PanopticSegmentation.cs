namespace EcoM2F.Inference.Postprocessing;

/// <summary>Non-overlapping segments, things and stuff.</summary>
/// <param name="Ids">[Height, Width] row by row: segment id of each pixel, 0 is void.</param>
/// <param name="Segments">Ids 1, 2, ... in order.</param>
public sealed record PanopticSegmentation(int Width, int Height, int[] Ids, IReadOnlyList<Segment> Segments);

/// <summary>One segment per class that occurs; ids 1, 2, ... as in <see cref="PanopticSegmentation"/>; every pixel has a class.</summary>
/// <param name="Labels">[Height, Width] row by row: label index of each pixel; -1 where the class was filtered out.</param>
public sealed record SemanticSegmentation(int Width, int Height, int[] Labels, IReadOnlyList<Segment> Segments);

/// <param name="Id">From 1, unique in its result.</param>
/// <param name="CategoryId">Label index.</param>
/// <param name="Score">0 to 1.</param>
/// <param name="Area">Pixels.</param>
/// <param name="Mask">Run-length encoded mask at the image's size.</param>
public sealed record Segment(int Id, int CategoryId, float Score, int Area, BoundingBox Box, CocoRle Mask);

/// <summary>One instance; masks of different instances may overlap.</summary>
public sealed record InstanceSegment(int CategoryId, float Score, int Area, BoundingBox Box, CocoRle Mask);

/// <summary>COCO's box, in whole pixels: left, top, width, height.</summary>
public readonly record struct BoundingBox(int X, int Y, int Width, int Height);
