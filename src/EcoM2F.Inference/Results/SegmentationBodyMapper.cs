using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Results;

/// <summary>From the engine's result to the JSON answer.</summary>
internal static class SegmentationBodyMapper
{
    public static SegmentationBody ToBody(this SegmentationResult result) => new()
    {
        Model = result.Model.Name,
        Version = result.Model.Version,
        Image = new ImageBody(result.Width, result.Height),
        MaskSize = result.MaskSize is { } size ? [size.Height, size.Width] : null,
        Compute = ToBody(result.Compute),
        Panoptic = ToBody(result.Panoptic?.Segments, result),
        Instance = result.Instances?.Select(instance => ToBody(instance, result)).ToList(),
        Semantic = ToBody(result.Semantic?.Segments, result),
        Detection = result.Detections?.Select(detected => ToBody(detected, result.Model)).ToList(),
    };

    private static ComputeBody ToBody(ComputeUsed compute) => new()
    {
        Depth = compute.Decision.Point.Depth,
        MaxDepth = compute.MaxDepth,
        Size = compute.MaxSize is null ? null : [compute.Decision.Point.Input.Height, compute.Decision.Point.Input.Width],
        MaxSize = compute.MaxSize,
        DecoderDepth = compute.MaxDecoderDepth is null ? null : compute.Decision.Point.DecoderDepth,
        MaxDecoderDepth = compute.MaxDecoderDepth,
        Reason = compute.Decision.Reason.ToName(),
        Profile = compute.Decision.Profile,
        Beta = compute.Decision.Beta,
        Gmacs = Math.Round(compute.Gmacs, 3),
        ReusedGmacs = compute.ReusedGmacs > 0 ? Math.Round(compute.ReusedGmacs, 3) : null,
        Saved = Math.Round(compute.Saved, 3),
        Milliseconds = Milliseconds(compute.Times),
    };

    private static OrderedDictionary<string, double> Milliseconds(StageTimes stages)
    {
        var times = new OrderedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var (stage, milliseconds) in stages.All)
        {
            times[stage.ToName()] = Math.Round(milliseconds, 3);
        }

        return times;
    }

    private static SegmentsBody? ToBody(IReadOnlyList<Segment>? segments, SegmentationResult result) =>
        segments is null ? null : new SegmentsBody([.. segments.Select(segment => ToBody(segment, result))]);

    private static SegmentBody ToBody(Segment segment, SegmentationResult result)
    {
        var category = result.Model.Classes[segment.CategoryId];
        var (rle, polygon) = Shape(segment.Mask, result);
        return new SegmentBody(
            segment.Id, category.Id, category.Name, category.Isthing, Score(segment.Score), segment.Area, Box(segment.Box), rle, polygon);
    }

    private static InstanceBody ToBody(InstanceSegment instance, SegmentationResult result)
    {
        var category = result.Model.Classes[instance.CategoryId];
        var (rle, polygon) = Shape(instance.Mask, result);
        return new InstanceBody(category.Id, category.Name, Score(instance.Score), instance.Area, Box(instance.Box), rle, polygon);
    }

    private static DetectionBody ToBody(DetectedObject detected, ModelManifest model)
    {
        var category = model.Classes[detected.CategoryId];
        return new DetectionBody(category.Id, category.Name, Score(detected.Score), Corners(detected.Box));
    }

    // A hundredth of a pixel. Corners are rounded, not sizes, so that no box reaches beyond the image.
    private static double[] Corners(ObjectBox box)
    {
        var (left, top) = (Math.Round(box.X, 2), Math.Round(box.Y, 2));
        return [left, top, Math.Round(Math.Round(box.X + box.Width, 2) - left, 2), Math.Round(Math.Round(box.Y + box.Height, 2) - top, 2)];
    }

    // Four digits: finer differences are rounding of the model's own arithmetic.
    private static double Score(float score) => Math.Round(score, 4);

    private static int[] Box(BoundingBox box) => [box.X, box.Y, box.Width, box.Height];

    /// <summary>The mask in the one form that was asked for.</summary>
    private static (RleBody?, MultiPolygonBody?) Shape(CocoRle mask, SegmentationResult result) => result.PolygonTolerance is { } tolerance
        ? (null, new MultiPolygonBody("MultiPolygon", [.. MaskPolygons.Of(mask, tolerance).Select(ToRings)]))
        : (new RleBody([mask.Height, mask.Width], mask.Counts), null);

    private static IReadOnlyList<IReadOnlyList<int>>[] ToRings(MaskPolygon polygon) => [ToPoints(polygon.Outline), .. polygon.Holes.Select(ToPoints)];

    private static int[][] ToPoints(IReadOnlyList<int> ring)
    {
        var points = new int[(ring.Count / 2) + 1][];
        for (var i = 0; i < points.Length; i++)
        {
            var at = 2 * i % ring.Count;
            points[i] = [ring[at], ring[at + 1]];
        }

        return points;
    }
}
