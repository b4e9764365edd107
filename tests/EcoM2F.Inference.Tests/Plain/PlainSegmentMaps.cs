using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Tests.Plain;

/// <summary>Turns finished maps into results: area, box and run lengths of every segment.</summary>
internal static class PlainSegmentMaps
{
    /// <param name="ids">[Height, Width]; becomes part of the result.</param>
    /// <param name="segments">Segment of id i + 1.</param>
    public static PanopticSegmentation ToPanoptic(int[] ids, ImageGeometry geometry, List<(int Label, float Score)> segments)
    {
        var (height, width) = (geometry.Height, geometry.Width);
        var runs = new PlainMaskRuns?[segments.Count + 1];
        for (var id = 1; id < runs.Length; id++)
        {
            runs[id] = new PlainMaskRuns(height, width);
        }

        PlainLabelMapRuns.Collect(ids, height, width, runs);
        var result = new List<Segment>(segments.Count);
        for (var i = 0; i < segments.Count; i++)
        {
            result.Add(ToSegment(i + 1, segments[i].Label, segments[i].Score, runs[i + 1]!));
        }

        return new PanopticSegmentation(width, height, ids, result);
    }

    /// <param name="labels">[Height, Width]; becomes part of the result, with -1 where the class is not kept.</param>
    /// <param name="scores">By class: sum of the winning class values over its pixels.</param>
    public static SemanticSegmentation ToSemantic(int[] labels, ImageGeometry geometry, double[] scores, PostprocessingParameters parameters)
    {
        var (height, width) = (geometry.Height, geometry.Width);
        var runs = new PlainMaskRuns?[scores.Length];
        for (var label = 0; label < runs.Length; label++)
        {
            runs[label] = parameters.Keeps(label) ? new PlainMaskRuns(height, width) : null;
        }

        PlainLabelMapRuns.Collect(labels, height, width, runs);
        if (parameters.KeptClasses is not null)
        {
            for (var i = 0; i < labels.Length; i++)
            {
                labels[i] = runs[labels[i]] is null ? -1 : labels[i];
            }
        }

        var segments = new List<Segment>();
        for (var label = 0; label < runs.Length; label++)
        {
            if (runs[label] is { Area: > 0 } found)
            {
                segments.Add(ToSegment(segments.Count + 1, label, (float)Math.Min(1, scores[label] / found.Area), found));
            }
        }

        return new SemanticSegmentation(width, height, labels, segments);
    }

    private static Segment ToSegment(int id, int label, float score, PlainMaskRuns runs) => new(id, label, score, runs.Area, runs.Box, runs.ToRle());
}
