using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Tests.Metrics;

/// <summary>Average precision written from COCO's description: bitmaps, lists, one class, range, threshold and limit at a time.</summary>
internal static class NaivePrecision
{
    private static readonly (double Least, double Most)[] Ranges = [(0, 1e10), (0, 1024), (1024, 9216), (9216, 1e10)];

    public static double[] Score(IReadOnlyList<(List<TruthObject> Truth, List<Detection> Detections)> images, OverlapKind kind)
    {
        var thresholds = Enumerable.Range(0, 10).Select(static i => 0.5 + (0.05 * i)).ToArray();
        return
        [
            Mean(images, kind, thresholds, 0, 100, recall: false),
            Mean(images, kind, [0.5], 0, 100, recall: false),
            Mean(images, kind, [0.75], 0, 100, recall: false),
            Mean(images, kind, thresholds, 1, 100, recall: false),
            Mean(images, kind, thresholds, 2, 100, recall: false),
            Mean(images, kind, thresholds, 3, 100, recall: false),
            Mean(images, kind, thresholds, 0, 1, recall: true),
            Mean(images, kind, thresholds, 0, 10, recall: true),
            Mean(images, kind, thresholds, 0, 100, recall: true),
            Mean(images, kind, thresholds, 1, 100, recall: true),
            Mean(images, kind, thresholds, 2, 100, recall: true),
            Mean(images, kind, thresholds, 3, 100, recall: true),
        ];
    }

    private static double Mean(IReadOnlyList<(List<TruthObject>, List<Detection>)> images, OverlapKind kind, double[] thresholds, int range, int limit, bool recall)
    {
        var values = new List<double>();
        for (var id = 0; id < RandomImages.Classes; id++)
        {
            foreach (var threshold in thresholds)
            {
                if (Class(images, kind, id, threshold, Ranges[range], limit) is { } value)
                {
                    values.Add(recall ? value.Recall : value.Precision);
                }
            }
        }

        return values.Count == 0 ? double.NaN : values.Average();
    }

    private static (double Precision, double Recall)? Class(
        IReadOnlyList<(List<TruthObject> Truth, List<Detection> Detections)> images, OverlapKind kind, int id, double threshold, (double Least, double Most) range, int limit)
    {
        var outcomes = new List<(double Score, bool? Right)>();
        var toFind = 0;
        foreach (var (allTruth, allDetections) in images)
        {
            var truth = allTruth.Where(item => item.ClassId == id).ToList();
            var wanted = truth.Where(item => !item.IsCrowd && item.Area >= range.Least && item.Area <= range.Most).ToList();
            var free = truth.ToList();
            toFind += wanted.Count;
            foreach (var detection in allDetections.Where(item => item.ClassId == id).OrderByDescending(static item => item.Score).Take(limit))
            {
                TruthObject? Best(Func<TruthObject, bool> of) =>
                    free.Where(of).Where(item => Iou(detection, item, kind) >= threshold).Reverse().MaxBy(item => Iou(detection, item, kind));
                var match = Best(wanted.Contains) ?? Best(item => !wanted.Contains(item));
                if (match is { IsCrowd: false })
                {
                    free.Remove(match);
                }

                bool? right = match is null ? (detection.Area < range.Least || detection.Area > range.Most ? null : false) : wanted.Contains(match) ? true : null;
                outcomes.Add((detection.Score, right));
            }
        }

        return toFind == 0 ? null : Curve([.. outcomes.OrderByDescending(static item => item.Score).Where(static item => item.Right is not null).Select(static item => item.Right!.Value)], toFind);
    }

    private static (double Precision, double Recall) Curve(bool[] right, int toFind)
    {
        var points = right.Select((_, i) => right[..(i + 1)].Count(static item => item)).Select((found, i) => (Recall: (double)found / toFind, Precision: (double)found / (i + 1))).ToList();
        var precision = Enumerable.Range(0, 101).Average(step => points.Where(point => point.Recall >= step * 0.01).Select(static point => point.Precision).DefaultIfEmpty(0).Max());
        return (precision, points.Count == 0 ? 0 : points[^1].Recall);
    }

    private static double Iou(Detection detection, TruthObject truth, OverlapKind kind)
    {
        if (kind == OverlapKind.Box)
        {
            // All boxes here have whole numbers, so that their pixels can be counted.
            return Share(Pixels(detection.Box), Pixels(truth.Box), truth.IsCrowd);
        }

        var shared = detection.Mask!.Intersection(truth.Mask!);
        return (double)shared / (truth.IsCrowd ? detection.Mask.Area : detection.Mask.Area + truth.Mask!.Area - shared);
    }

    private static double Share(HashSet<(int, int)> detection, HashSet<(int, int)> truth, bool crowd)
    {
        var shared = detection.Count(truth.Contains);
        return (double)shared / (crowd ? detection.Count : detection.Count + truth.Count - shared);
    }

    private static HashSet<(int X, int Y)> Pixels(Box box) =>
        [.. from x in Enumerable.Range((int)box.X, (int)box.Width) from y in Enumerable.Range((int)box.Y, (int)box.Height) select (x, y)];
}
