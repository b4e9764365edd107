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
        Compute = ToBody(result.Compute),
        Panoptic = ToBody(result.Panoptic?.Segments, result.Model),
        Instance = result.Instances?.Select(instance => ToBody(instance, result.Model)).ToList(),
        Semantic = ToBody(result.Semantic?.Segments, result.Model),
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

    private static SegmentsBody? ToBody(IReadOnlyList<Segment>? segments, ModelManifest model) =>
        segments is null ? null : new SegmentsBody([.. segments.Select(segment => ToBody(segment, model))]);

    private static SegmentBody ToBody(Segment segment, ModelManifest model)
    {
        var category = model.Classes[segment.CategoryId];
        return new SegmentBody(
            segment.Id, category.Id, category.Name, category.Isthing, Score(segment.Score), segment.Area, Box(segment.Box), Rle(segment.Mask));
    }

    private static InstanceBody ToBody(InstanceSegment instance, ModelManifest model)
    {
        var category = model.Classes[instance.CategoryId];
        return new InstanceBody(category.Id, category.Name, Score(instance.Score), instance.Area, Box(instance.Box), Rle(instance.Mask));
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

    private static RleBody Rle(CocoRle rle) => new([rle.Height, rle.Width], rle.Counts);
}
