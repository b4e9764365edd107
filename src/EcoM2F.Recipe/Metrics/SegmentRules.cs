using System.Globalization;
using System.Runtime.InteropServices;

namespace EcoM2F.Recipe.Metrics;

/// <summary>Pixels and list of segments must tell the same: otherwise an IoU could be above 1, or a file be of another set.</summary>
internal static class SegmentRules
{
    /// <summary>A true map by itself.</summary>
    /// <exception cref="RecipeException">List and pixels differ; the message names the map and the segment.</exception>
    public static void CheckTruth(PanopticMap map)
    {
        var areas = new Dictionary<int, int>();
        ReadOnlySpan<int> rest = map.Ids;
        while (!rest.IsEmpty)
        {
            var run = rest.IndexOfAnyExcept(rest[0]);
            run = run < 0 ? rest.Length : run;
            CollectionsMarshal.GetValueRefOrAddDefault(areas, rest[0], out _) += run;
            rest = rest[run..];
        }

        Check(map, areas, checkAreas: true);
    }

    /// <param name="areas">Pixels by id.</param>
    /// <param name="checkAreas">Whether the areas of the list must be those of the pixels: a prediction's are not used.</param>
    /// <returns>Segments by id.</returns>
    /// <exception cref="RecipeException">They differ; the message names the map and the segment.</exception>
    public static Dictionary<int, PanopticSegment> Check(PanopticMap map, Dictionary<int, int> areas, bool checkAreas)
    {
        var segments = new Dictionary<int, PanopticSegment>(map.Segments.Count);
        foreach (var segment in map.Segments)
        {
            if (segment.Id == SegmentOverlaps.Void)
            {
                throw new RecipeException($"{map.Name}: a segment has id 0, which is void; allowed are 1 to 16777215.");
            }

            if (!segments.TryAdd(segment.Id, segment))
            {
                throw new RecipeException($"{map.Name}: two segments have id {segment.Id}.");
            }

            // A true segment of area 0 is one that nothing matches, as in panopticapi; a predicted one it refuses.
            if (!areas.TryGetValue(segment.Id, out var pixels) && !(checkAreas && segment.Area == 0))
            {
                throw new RecipeException($"{map.Name}: segment {segment.Id} has no pixels.");
            }

            if (checkAreas && segment.Area != pixels)
            {
                throw new RecipeException($"{map.Name}: segment {segment.Id}: 'area' is {segment.Area.ToString(CultureInfo.InvariantCulture)}, and {pixels} pixels have its id.");
            }
        }

        foreach (var (id, pixels) in areas)
        {
            if (id != SegmentOverlaps.Void && !segments.ContainsKey(id))
            {
                throw new RecipeException($"{map.Name}: {pixels} pixels have id {id}, which no segment has.");
            }
        }

        return segments;
    }
}
