using EcoM2F.Inference.Postprocessing;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Benchmarks;

/// <summary>Made-up ground truths and damaged copies of them as predictions.</summary>
internal static class SyntheticImages
{
    public const int Segments = 30;

    private const int Side = 512;
    private const int Height = 480;
    private const int Width = 640;
    private const int Classes = 80;

    /// <summary>Cells around random points, with ragged borders; the prediction's points have moved.</summary>
    public static (PanopticMap Truth, PanopticMap Prediction) Panoptic(int seed)
    {
        var random = new Random(seed);
        var points = Enumerable.Range(0, Segments).Select(_ => (X: random.Next(Side), Y: random.Next(Side))).ToArray();
        var classes = Enumerable.Range(0, Segments).Select(_ => random.Next(Classes)).ToArray();
        var moved = points.Select(point => (point.X + random.Next(-12, 13), point.Y + random.Next(-12, 13))).ToArray();
        return (Map("truth", random, points, classes), Map("prediction", random, moved, classes));
    }

    /// <summary>About seven objects and twenty detections, as COCO's images have them.</summary>
    public static SyntheticObjects Objects(int seed)
    {
        var random = new Random(seed);
        var truth = new List<(int ClassId, CocoRle Mask, bool IsCrowd)>();
        var detections = new List<(int ClassId, double Score, CocoRle Mask)>();
        for (var i = random.Next(1, 15); i > 0; i--)
        {
            var (x, y, radius) = (random.Next(Width), random.Next(Height), random.Next(5, 120));
            var id = random.Next(8) == 0 ? random.Next(Classes) : seed % Classes;
            truth.Add((id, Disc(x, y, radius), random.Next(50) == 0));
            for (var copy = random.Next(6); copy > 0; copy--)
            {
                var reach = (radius / 3) + 1;
                detections.Add((id, random.NextDouble(), Disc(x + random.Next(-reach, reach), y + random.Next(-reach, reach), radius + random.Next(reach))));
            }
        }

        return new SyntheticObjects(truth, detections);
    }

    private static PanopticMap Map(string name, Random random, (int X, int Y)[] points, int[] classes)
    {
        var ids = new int[Side * Side];
        var areas = new int[points.Length + 1];
        for (var i = 0; i < ids.Length; i++)
        {
            var (y, x) = Math.DivRem(i, Side);
            var (best, distance) = (0, int.MaxValue);
            for (var p = 0; p < points.Length; p++)
            {
                var (dx, dy) = (points[p].X - x, points[p].Y - y);
                var here = (dx * dx) + (dy * dy) + random.Next(200);
                (best, distance) = here < distance ? (p + 1, here) : (best, distance);
            }

            ids[i] = best;
            areas[best]++;
        }

        return new PanopticMap(name, Side, Side, ids, [.. points.Select((_, p) => new PanopticSegment(p + 1, classes[p], areas[p + 1])).Where(static segment => segment.Area > 0)]);
    }

    private static CocoRle Disc(int centreX, int centreY, int radius)
    {
        var counts = new List<int>();
        var position = 0;
        for (var x = Math.Max(0, centreX - radius); x < Math.Min(Width, centreX + radius); x++)
        {
            var half = (int)Math.Sqrt((radius * radius) - ((x - centreX) * (x - centreX)));
            var (top, bottom) = (Math.Clamp(centreY - half, 0, Height), Math.Clamp(centreY + half, 0, Height));
            if (bottom > top)
            {
                counts.Add((x * Height) + top - position);
                counts.Add(bottom - top);
                position = (x * Height) + bottom;
            }
        }

        return CocoRle.FromCounts([.. counts, (Height * Width) - position], Height, Width);
    }
}

/// <summary>One image as files have it: masks are text.</summary>
internal sealed record SyntheticObjects(List<(int ClassId, CocoRle Mask, bool IsCrowd)> Truth, List<(int ClassId, double Score, CocoRle Mask)> Detections)
{
    public ImageMatches Match() => DetectionMatcher.Match([.. Truth.Select(ToTruth)], [.. Detections.Select(ToDetection)], OverlapKind.Mask);

    private static TruthObject ToTruth((int ClassId, CocoRle Mask, bool IsCrowd) item)
    {
        var mask = RunMask.Of(item.Mask);
        return new TruthObject(item.ClassId, mask.Box, mask.Area, item.IsCrowd, mask);
    }

    private static Detection ToDetection((int ClassId, double Score, CocoRle Mask) item)
    {
        var mask = RunMask.Of(item.Mask);
        return new Detection(item.ClassId, item.Score, mask.Box, mask.Area, mask);
    }
}
