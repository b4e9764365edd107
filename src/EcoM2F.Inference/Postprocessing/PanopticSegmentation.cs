namespace EcoM2F.Inference.Postprocessing;

/// <summary>Non-overlapping segments, things and stuff.</summary>
/// <param name="Segments">Ids 1, 2, ... in order.</param>
public sealed record PanopticSegmentation(int Width, int Height, IReadOnlyList<Segment> Segments)
{
    private int[]? _ids;

    /// <param name="ids">Taken over, see <see cref="Ids"/>.</param>
    public PanopticSegmentation(int width, int height, int[] ids, IReadOnlyList<Segment> segments)
        : this(width, height, segments) => _ids = ids;

    /// <summary>
    /// [Height, Width] row by row: 255 times score times mask probability of the query that won the pixel, rounded; 0 is void, and pixels that
    /// cleaning gave to a segment. Null unless asked for.
    /// </summary>
    public byte[]? Confidence { get; init; }

    /// <summary>[Height, Width] row by row: segment id of each pixel, 0 is void. Made from the segments' masks when first asked for.</summary>
    public int[] Ids => _ids ??= SegmentMaps.Paint(Width, Height, Segments, background: 0, static segment => segment.Id);
}

/// <summary>One segment per class that occurs; ids 1, 2, ... as in <see cref="PanopticSegmentation"/>; every pixel has a class.</summary>
public sealed record SemanticSegmentation(int Width, int Height, IReadOnlyList<Segment> Segments)
{
    private int[]? _labels;

    /// <param name="labels">Taken over, see <see cref="Labels"/>.</param>
    public SemanticSegmentation(int width, int height, int[] labels, IReadOnlyList<Segment> segments)
        : this(width, height, segments) => _labels = labels;

    /// <summary>
    /// [Height, Width] row by row: 255 times the sum over queries of class times mask probability of the class that won the pixel, rounded, at most
    /// 255; 0 is void, and pixels that cleaning gave to a segment. Null unless asked for.
    /// </summary>
    public byte[]? Confidence { get; init; }

    /// <summary>
    /// [Height, Width] row by row: label index of each pixel; -1 where the class was filtered out. Made from the segments' masks when first asked for.
    /// </summary>
    public int[] Labels => _labels ??= SegmentMaps.Paint(Width, Height, Segments, background: -1, static segment => segment.CategoryId);
}

/// <param name="Id">From 1, unique in its result.</param>
/// <param name="CategoryId">Label index.</param>
/// <param name="Score">0 to 1.</param>
/// <param name="Area">Pixels.</param>
/// <param name="Mask">Run-length encoded mask at the result's size.</param>
public sealed record Segment(int Id, int CategoryId, float Score, int Area, BoundingBox Box, CocoRle Mask);

/// <summary>One instance; masks of different instances may overlap.</summary>
public sealed record InstanceSegment(int CategoryId, float Score, int Area, BoundingBox Box, CocoRle Mask);

/// <summary>COCO's box, in whole pixels: left, top, width, height.</summary>
public readonly record struct BoundingBox(int X, int Y, int Width, int Height);
