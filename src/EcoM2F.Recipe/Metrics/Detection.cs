using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Recipe.Metrics;

/// <summary>A predicted object of one image.</summary>
/// <param name="ClassId">Class index.</param>
/// <param name="Score">Any finite number; only the order counts.</param>
/// <param name="Area">Square pixels: puts a detection that matches nothing among the small, medium or large.</param>
/// <param name="Mask">Present where masks are scored.</param>
internal sealed record Detection(int ClassId, double Score, Box Box, double Area, RunMask? Mask = null)
{
    /// <summary>A detector's result, which has no mask.</summary>
    public static Detection Of(DetectedObject found)
    {
        var box = new Box(found.Box.X, found.Box.Y, found.Box.Width, found.Box.Height);
        return new Detection(found.CategoryId, found.Score, box, box.Area);
    }

    /// <summary>The engine's result.</summary>
    public static Detection Of(InstanceSegment segment)
    {
        var box = new Box(segment.Box.X, segment.Box.Y, segment.Box.Width, segment.Box.Height);
        return new Detection(segment.CategoryId, segment.Score, box, segment.Area, RunMask.Of(segment.Mask));
    }
}
