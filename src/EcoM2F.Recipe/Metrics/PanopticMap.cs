using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Recipe.Metrics;

/// <summary>Non-overlapping segments of one image, true or predicted.</summary>
/// <param name="Name">Where it comes from, for error messages.</param>
/// <param name="Ids">[Height, Width] row by row: segment id of each pixel, 0 is void.</param>
internal sealed record PanopticMap(string Name, int Width, int Height, int[] Ids, IReadOnlyList<PanopticSegment> Segments)
{
    /// <summary>The engine's result; shares its ids.</summary>
    public static PanopticMap Of(PanopticSegmentation segmentation, string name) => new(
        name,
        segmentation.Width,
        segmentation.Height,
        segmentation.Ids,
        [.. segmentation.Segments.Where(static segment => segment.Area > 0).Select(static segment => new PanopticSegment(segment.Id, segment.CategoryId, segment.Area))]);
}

/// <param name="Id">From 1, unique in its image.</param>
/// <param name="ClassId">Class index.</param>
/// <param name="Area">Pixels as the file says; a true segment's must be what its pixels are.</param>
/// <param name="IsCrowd">Many objects in one region: neither to be found nor held against a prediction.</param>
internal readonly record struct PanopticSegment(int Id, int ClassId, double Area, bool IsCrowd = false);
