namespace EcoM2F.Inference.Postprocessing;

/// <summary>Turns finished maps into results: area, box and run lengths of every segment; and results into maps.</summary>
internal static class SegmentMaps
{
    /// <param name="idOfCode">What becomes of each of the map's codes: an id, 0 for void.</param>
    /// <param name="segments">Segment of id i + 1.</param>
    public static PanopticSegmentation ToPanoptic(RunMap map, ReadOnlySpan<int> idOfCode, ImageGeometry geometry, List<(int Label, float Score)> segments)
    {
        var (height, width) = (geometry.Height, geometry.Width);
        var runs = new MaskRuns[segments.Count];
        for (var i = 0; i < runs.Length; i++)
        {
            runs[i] = new MaskRuns(height, width);
        }

        var runsOfCode = new MaskRuns?[idOfCode.Length];
        for (var code = 0; code < idOfCode.Length; code++)
        {
            runsOfCode[code] = idOfCode[code] == 0 ? null : runs[idOfCode[code] - 1];
        }

        map.AddTo(runsOfCode);
        var result = new Segment[segments.Count];
        for (var i = 0; i < runs.Length; i++)
        {
            result[i] = ToSegment(i + 1, segments[i].Label, segments[i].Score, runs[i]);
            runs[i].Dispose();
        }

        return new PanopticSegmentation(width, height, result);
    }

    /// <param name="map">Codes are labels.</param>
    /// <param name="scores">By class: sum of the winning class values over its pixels.</param>
    public static SemanticSegmentation ToSemantic(RunMap map, ImageGeometry geometry, ReadOnlySpan<double> scores, PostprocessingParameters parameters)
    {
        var (height, width) = (geometry.Height, geometry.Width);
        var areas = new int[scores.Length];
        map.CountAreas(areas);
        var runs = new MaskRuns?[scores.Length];
        for (var label = 0; label < runs.Length; label++)
        {
            runs[label] = areas[label] > 0 && parameters.Keeps(label) ? new MaskRuns(height, width) : null;
        }

        map.AddTo(runs);
        var segments = new List<Segment>();
        for (var label = 0; label < runs.Length; label++)
        {
            if (runs[label] is { } found)
            {
                segments.Add(ToSegment(segments.Count + 1, label, (float)Math.Min(1, scores[label] / found.Area), found));
                found.Dispose();
            }
        }

        return new SemanticSegmentation(width, height, segments);
    }

    /// <summary>Writes a value to every pixel of each segment.</summary>
    /// <returns>[height, width] row by row.</returns>
    public static int[] Paint(int width, int height, IReadOnlyList<Segment> segments, int background, Func<Segment, int> valueOf)
    {
        var map = new int[checked(width * height)];
        if (background != 0)
        {
            Array.Fill(map, background);
        }

        foreach (var segment in segments)
        {
            Paint(map, width, height, RunLengthCodec.Decode(segment.Mask.Counts, height, width), valueOf(segment));
        }

        return map;
    }

    private static void Paint(int[] map, int width, int height, List<int> counts, int value)
    {
        var position = 0;
        for (var i = 0; i < counts.Count; i++)
        {
            var end = position + counts[i];
            if (i % 2 == 0)
            {
                position = end;
                continue;
            }

            while (position < end)
            {
                var (x, y) = Math.DivRem(position, height);
                var rows = Math.Min(height - y, end - position);
                for (int row = 0, at = (y * width) + x; row < rows; row++, at += width)
                {
                    map[at] = value;
                }

                position += rows;
            }
        }
    }

    private static Segment ToSegment(int id, int label, float score, MaskRuns runs) => new(id, label, score, runs.Area, runs.Box, runs.ToRle());
}
