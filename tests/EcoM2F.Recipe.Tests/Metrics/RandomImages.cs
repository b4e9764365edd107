using EcoM2F.Inference.Postprocessing;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Tests.Metrics;

/// <summary>Small made-up truths and predictions with every oddity: void, crowds, empty images, equal scores.</summary>
internal static class RandomImages
{
    public const int Classes = 4;
    public const int Width = 13;
    public const int Height = 11;

    /// <summary>Classes 0 and 1 are things.</summary>
    public static IReadOnlyList<bool> IsThing { get; } = [true, true, false, false];

    /// <summary>Blocks of ids, some void; a predicted map is a truth whose blocks were moved.</summary>
    public static (PanopticMap Truth, PanopticMap Prediction) Panoptic(int seed)
    {
        var random = new Random(seed);
        var ids = new int[Width * Height];
        var segments = random.Next(0, 7);
        for (var i = 1; i <= segments; i++)
        {
            Block(random, ids, i * 1000);
        }

        var predicted = random.Next(4) == 0 ? new int[ids.Length] : (int[])ids.Clone();
        for (var i = 1; i <= random.Next(0, 5); i++)
        {
            Block(random, predicted, random.Next(3) == 0 ? 0 : 1000 * random.Next(1, 9));
        }

        var classOf = Enumerable.Range(0, 10).Select(_ => random.Next(Classes)).ToArray();
        var other = Enumerable.Range(0, 10).Select(i => random.Next(4) == 0 ? random.Next(Classes) : classOf[i]).ToArray();
        var crowds = Enumerable.Range(0, 10).Select(_ => random.Next(5) == 0).ToArray();
        return (Map("truth", ids, classOf, crowds), Map("prediction", predicted, other, new bool[10]));
    }

    public static (List<TruthObject> Truth, List<Detection> Detections) Objects(int seed)
    {
        var random = new Random(seed);
        var truth = new List<TruthObject>();
        for (var i = random.Next(0, 6); i > 0; i--)
        {
            var mask = Mask(random);

            // Areas of all four ranges, so that each has objects to be found and to be ignored.
            truth.Add(new TruthObject(random.Next(Classes), mask.Box, random.Next(4) switch { 0 => 100, 1 => 1024, 2 => 5000, _ => 20_000 }, random.Next(5) == 0, mask));
        }

        var detections = new List<Detection>();
        for (var i = random.Next(0, 12); i > 0; i--)
        {
            var near = truth.Count > 0 && random.Next(3) > 0 ? truth[random.Next(truth.Count)] : null;
            var mask = near is not null && random.Next(2) == 0 ? near.Mask! : Mask(random);
            detections.Add(new Detection(near?.ClassId ?? random.Next(Classes), random.Next(8) / 8.0, mask.Box, random.Next(2) == 0 ? 500 : 9500, mask));
        }

        return (truth, detections);
    }

    private static RunMask Mask(Random random)
    {
        var ids = new int[Width * Height];
        Block(random, ids, 1);
        Block(random, ids, 1);
        return RunMask.Of(CocoRle.FromMask([.. ids.Select(static id => (byte)id)], Height, Width));
    }

    private static void Block(Random random, int[] ids, int id)
    {
        var (left, top) = (random.Next(Width), random.Next(Height));
        var (right, bottom) = (random.Next(left, Width), random.Next(top, Height));
        for (var y = top; y <= bottom; y++)
        {
            for (var x = left; x <= right; x++)
            {
                ids[(y * Width) + x] = id;
            }
        }
    }

    private static PanopticMap Map(string name, int[] ids, int[] classOf, bool[] crowds) => new(
        name,
        Width,
        Height,
        ids,
        [.. ids.Where(static id => id > 0).GroupBy(static id => id).Select(group => new PanopticSegment(group.Key, classOf[group.Key / 1000], group.Count(), crowds[group.Key / 1000]))]);
}
