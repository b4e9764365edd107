using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Tests.Metrics;

/// <summary>Panoptic quality from sets of pixels, as the definition reads.</summary>
internal static class NaivePanoptic
{
    public static (double Iou, int Tp, int Fp, int Fn) Count(PanopticMap truth, PanopticMap prediction, int classId)
    {
        var voids = Pixels(truth, 0);
        var real = truth.Segments.Where(segment => segment.ClassId == classId && !segment.IsCrowd).Select(segment => Pixels(truth, segment.Id)).ToList();
        var lastCrowd = truth.Segments.Where(segment => segment.ClassId == classId && segment.IsCrowd).Select(segment => Pixels(truth, segment.Id)).LastOrDefault() ?? [];
        var predicted = prediction.Segments.Where(segment => segment.ClassId == classId).Select(segment => Pixels(prediction, segment.Id)).ToList();
        var (iou, tp, fp) = (0.0, 0, 0);
        foreach (var segment in predicted)
        {
            var counted = segment.Except(voids).ToHashSet();
            var best = real.Select(other => (double)counted.Intersect(other).Count() / counted.Union(other).Count()).DefaultIfEmpty(0).Max();
            if (best > 0.5)
            {
                (iou, tp) = (iou + best, tp + 1);
            }
            else if (segment.Count(pixel => voids.Contains(pixel) || lastCrowd.Contains(pixel)) * 2 <= segment.Count)
            {
                fp++;
            }
        }

        return (iou, tp, fp, real.Count - tp);
    }

    private static HashSet<int> Pixels(PanopticMap map, int id) => [.. Enumerable.Range(0, map.Ids.Length).Where(i => map.Ids[i] == id)];
}
