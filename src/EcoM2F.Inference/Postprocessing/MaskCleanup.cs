namespace EcoM2F.Inference.Postprocessing;

/// <summary>Leaves small parts of masks out and then fills small holes, where a request asks for it. Stateless and thread-safe.</summary>
/// <remarks>
/// In a map, where each pixel has one segment at most, a hole is filled only where it is void and has one segment alone around it; so what the
/// first step takes out of the midst of a segment becomes part of that. Where a map has confidences, pixels that change have 0: no segment won them.
/// </remarks>
internal static class MaskCleanup
{
    public static bool IsAsked(PostprocessingParameters parameters) => parameters.MinArea > 1 || parameters.FillHoles > 0;

    /// <returns>The same tasks; the maps of <paramref name="found"/> are changed.</returns>
    /// <exception cref="OperationCanceledException">Cancelled between two masks.</exception>
    public static PostprocessingResult Apply(
        PostprocessingResult found, ImageGeometry geometry, PostprocessingParameters parameters, CancellationToken cancellationToken) => new(
            found.Panoptic is null ? null : Clean(found.Panoptic, geometry, parameters, cancellationToken),
            found.Instances is null ? null : Clean(found.Instances, parameters, cancellationToken),
            found.Semantic is null ? null : Clean(found.Semantic, geometry, parameters, cancellationToken),
            found.Detections);

    private static List<InstanceSegment> Clean(IReadOnlyList<InstanceSegment> instances, PostprocessingParameters parameters, CancellationToken cancellationToken)
    {
        // Pairs of one query and several classes have one mask.
        var cleaned = new Dictionary<CocoRle, (CocoRle Mask, int Area, BoundingBox Box)>(ReferenceEqualityComparer.Instance);
        var result = new List<InstanceSegment>(instances.Count);
        foreach (var instance in instances)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!cleaned.TryGetValue(instance.Mask, out var mask))
            {
                cleaned.Add(instance.Mask, mask = Clean(instance.Mask, parameters));
            }

            if (mask.Area > 0)
            {
                result.Add(instance with { Mask = mask.Mask, Area = mask.Area, Box = mask.Box });
            }
        }

        return result;
    }

    private static (CocoRle Mask, int Area, BoundingBox Box) Clean(CocoRle mask, PostprocessingParameters parameters)
    {
        var parts = MaskRegions.OfMask(mask);
        var left = parts.Runs.Where((_, run) => parts.Areas[parts.RegionOf(run)] >= parameters.MinArea).ToList();
        var cleaned = Collect(left, mask);
        if (parameters.FillHoles > 0)
        {
            var around = MaskRegions.Around(cleaned.Mask);
            left.AddRange(around.Runs.Where((_, run) => IsHole(around, around.RegionOf(run), parameters)));
            left.Sort(static (one, other) => one.X != other.X ? one.X.CompareTo(other.X) : one.Top.CompareTo(other.Top));
            cleaned = Collect(left, mask);
        }

        return cleaned;
    }

    private static (CocoRle Mask, int Area, BoundingBox Box) Collect(List<ColumnRun> columns, CocoRle mask)
    {
        using var runs = new MaskRuns(mask.Height, mask.Width);
        foreach (var run in columns)
        {
            runs.Add((run.X * mask.Height) + run.Top, (run.X * mask.Height) + run.Bottom);
        }

        return (runs.ToRle(), runs.Area, runs.Box);
    }

    private static bool IsHole(MaskRegions regions, int region, PostprocessingParameters parameters) =>
        !regions.TouchesEdge(region) && regions.Areas[region] <= parameters.FillHoles;

    private static PanopticSegmentation Clean(
        PanopticSegmentation found, ImageGeometry geometry, PostprocessingParameters parameters, CancellationToken cancellationToken)
    {
        CleanMap((found.Ids, found.Confidence), [.. found.Segments.Select(static segment => segment.Mask)], geometry, parameters, cancellationToken);
        var areas = new int[found.Segments.Count + 1];
        foreach (var id in found.Ids)
        {
            areas[id]++;
        }

        var kept = found.Segments.Where(segment => areas[segment.Id] > 0).ToList();
        var idOf = new int[areas.Length];
        for (var i = 0; i < kept.Count; i++)
        {
            idOf[kept[i].Id] = i + 1;
        }

        using var map = RunsOf(found.Ids, geometry);
        return SegmentMaps.ToPanoptic(map, idOf, geometry, [.. kept.Select(static segment => (segment.CategoryId, segment.Score))]) with { Confidence = found.Confidence };
    }

    private static SemanticSegmentation Clean(
        SemanticSegmentation found, ImageGeometry geometry, PostprocessingParameters parameters, CancellationToken cancellationToken)
    {
        // As a map of ids, where 0 is void: a label's id is its segment's.
        var labels = found.Labels;
        var idOf = new int[parameters.Classes.Count];
        foreach (var segment in found.Segments)
        {
            idOf[segment.CategoryId] = segment.Id;
        }

        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = labels[i] < 0 ? 0 : idOf[labels[i]];
        }

        CleanMap((labels, found.Confidence), [.. found.Segments.Select(static segment => segment.Mask)], geometry, parameters, cancellationToken);
        // Behind the classes one more for void, which is not kept.
        var scores = new double[idOf.Length + 1];
        for (var i = 0; i < labels.Length; i++)
        {
            var segment = labels[i] == 0 ? null : found.Segments[labels[i] - 1];
            labels[i] = segment?.CategoryId ?? idOf.Length;
            scores[labels[i]] += segment?.Score ?? 0;
        }

        using var map = RunsOf(labels, geometry);
        return SegmentMaps.ToSemantic(map, geometry, scores, parameters with { KeptClasses = Enumerable.Range(0, idOf.Length).ToHashSet() }) with { Confidence = found.Confidence };
    }

    /// <param name="map">Both [Height, Width]; id 0 is void; confidences only where they are asked for.</param>
    /// <param name="masks">Of id i + 1.</param>
    private static void CleanMap((int[] Ids, byte[]? Confidence) map, IReadOnlyList<CocoRle> masks, ImageGeometry geometry, PostprocessingParameters parameters, CancellationToken cancellationToken)
    {
        foreach (var mask in masks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var parts = MaskRegions.OfMask(mask);
            Paint(map, parts, part => parts.Areas[part] >= parameters.MinArea ? null : 0);
        }

        if (parameters.FillHoles > 0)
        {
            var gaps = MaskRegions.OfVoid(VoidOf(map.Ids, masks.Count, geometry));
            var around = Surroundings(map.Ids, gaps);
            Paint(map, gaps, gap => IsHole(gaps, gap, parameters) && around[gap] > 0 ? around[gap] : null);
        }
    }

    /// <param name="last">The highest id.</param>
    private static CocoRle VoidOf(int[] ids, int last, ImageGeometry geometry)
    {
        using var map = RunsOf(ids, geometry);
        using var runs = new MaskRuns(geometry.Height, geometry.Width);
        var masks = new MaskRuns?[last + 1];
        masks[0] = runs;
        map.AddTo(masks);
        return runs.ToRle();
    }

    /// <param name="codes">[Height, Width], 0 and more.</param>
    /// <returns>Owned by the caller.</returns>
    private static RunMap RunsOf(int[] codes, ImageGeometry geometry)
    {
        var map = new RunMap(geometry.Height, geometry.Width);
        for (var y = 0; y < geometry.Height; y++)
        {
            map.AddRow(codes.AsSpan(y * geometry.Width, geometry.Width));
        }

        return map;
    }

    /// <param name="idOf">By region; null leaves it as it is.</param>
    private static void Paint((int[] Ids, byte[]? Confidence) map, MaskRegions regions, Func<int, int?> idOf)
    {
        for (var i = 0; i < regions.Runs.Count; i++)
        {
            if (idOf(regions.RegionOf(i)) is { } id)
            {
                var run = regions.Runs[i];
                for (var y = run.Top; y < run.Bottom; y++)
                {
                    map.Ids[(y * regions.Width) + run.X] = id;
                    map.Confidence?[(y * regions.Width) + run.X] = 0;
                }
            }
        }
    }

    /// <summary>By gap: the one id around it; -1 where there are several.</summary>
    private static int[] Surroundings(int[] ids, MaskRegions gaps)
    {
        var around = new int[gaps.Areas.Count];
        for (var i = 0; i < gaps.Runs.Count; i++)
        {
            var (run, gap) = (gaps.Runs[i], gaps.RegionOf(i));
            Meet(run.X, run.Top - 1);
            Meet(run.X, run.Bottom);
            for (var y = run.Top; y < run.Bottom; y++)
            {
                Meet(run.X - 1, y);
                Meet(run.X + 1, y);
            }

            void Meet(int x, int y)
            {
                var id = x < 0 || y < 0 || x >= gaps.Width || y >= gaps.Height ? 0 : ids[(y * gaps.Width) + x];
                if (id != 0 && around[gap] != id)
                {
                    around[gap] = around[gap] == 0 ? id : -1;
                }
            }
        }

        return around;
    }
}
