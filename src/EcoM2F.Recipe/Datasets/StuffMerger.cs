using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Datasets;

/// <summary>
/// After categories became classes: void segments vanish, and the segments of a stuff class become one. Stuff has no objects to crowd,
/// so crowds of what became stuff are part of it.
/// </summary>
internal static class StuffMerger
{
    /// <param name="map">Classes are indexes or <see cref="ClassMap.Void"/>; its ids are overwritten.</param>
    public static PanopticMap Merge(PanopticMap map, IReadOnlyList<ModelClass> classes)
    {
        var idOf = new Dictionary<int, int> { [0] = 0 };
        var segments = new List<PanopticSegment>();
        var placeOfStuff = new Dictionary<int, int>();
        foreach (var segment in map.Segments)
        {
            if (segment.ClassId == ClassMap.Void)
            {
                idOf[segment.Id] = 0;
            }
            else if (!classes[segment.ClassId].Isthing && placeOfStuff.TryGetValue(segment.ClassId, out var place))
            {
                segments[place] = segments[place] with { Area = segments[place].Area + segment.Area };
                idOf[segment.Id] = segments[place].Id;
            }
            else
            {
                var isThing = classes[segment.ClassId].Isthing;
                idOf[segment.Id] = segment.Id;
                placeOfStuff.TryAdd(segment.ClassId, segments.Count);
                segments.Add(segment with { IsCrowd = isThing && segment.IsCrowd });
            }
        }

        Rename(map.Ids, idOf);
        return map with { Segments = segments };
    }

    private static void Rename(Span<int> ids, Dictionary<int, int> idOf)
    {
        while (!ids.IsEmpty)
        {
            var run = ids.IndexOfAnyExcept(ids[0]);
            run = run < 0 ? ids.Length : run;
            ids[..run].Fill(idOf[ids[0]]);
            ids = ids[run..];
        }
    }
}
