using System.Diagnostics;
using EcoM2F.Recipe;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Benchmarks;

/// <summary>How long step C takes: gates of both losses from made-up rows, or from a file's.</summary>
internal static class GateBenchmark
{
    /// <summary>COCO's training images.</summary>
    public const int DefaultRows = 118_000;
    public const int DefaultFeatures = 256;

    private const double Beta = 0.3;
    private const double Depth = 3;

    private static readonly int[] Exits = [1, 2, 3, 4, 5, 6];

    public static void Run(int rows, int features) => Run(MakeUp(rows, features));

    public static void Run(string file)
    {
        var start = Stopwatch.GetTimestamp();
        var rows = new DerivedRowReader(file).Read().Where(static row => row.Quality.All(double.IsFinite)).ToList();
        Console.WriteLine(FormattableString.Invariant($"{rows.Count} rows read in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.00} s"));
        Run(new GateData([.. rows[0].Points.Select(static point => point.Depth)], [.. rows.SelectMany(static row => row.Pooled)], [.. rows.SelectMany(static row => row.Quality)]));
    }

    private static void Run(GateData data)
    {
        Console.WriteLine($"{data.Images} rows of {data.Width} features, {data.Points.Count} exits");
        foreach (var (name, gain, target) in ((string, bool, GateTarget)[])
            [
                ("best-exit, a beta", false, new GateTarget(GateTargetKind.Beta, Beta)),
                ("best-exit, a target depth", false, new GateTarget(GateTargetKind.Depth, Depth)),
                ("gain, a beta", true, new GateTarget(GateTargetKind.Beta, Beta)),
                ("gain, a target depth", true, new GateTarget(GateTargetKind.Depth, Depth)),
            ])
        {
            var start = Stopwatch.GetTimestamp();
            string outcome;
            try
            {
                outcome = Describe(GateTraining.Train(data, new GateTrainingOptions { Gain = gain, Target = target }));
            }
            catch (RecipeException exception)
            {
                outcome = exception.Message; // rows may not lead to the depth
            }

            Console.WriteLine(FormattableString.Invariant($"{name,-26} {Stopwatch.GetElapsedTime(start).TotalSeconds,7:0.00} s   {outcome}"));
        }
    }

    private static string Describe(TrainedGate trained)
    {
        var judgement = trained.Judgement.Prices[0];
        return FormattableString.Invariant(
            $"held out: utility {judgement.Gate.Utility:0.000} at depth {judgement.Gate.MeanDepth:0.00}, best static {judgement.BestStatic.Utility:0.000}, oracle {judgement.Oracle.Utility:0.000}; penalty {trained.Penalty:0.###}, beta {trained.Beta:0.###}");
    }

    /// <summary>Features that hang together, and gains that a part of them tells with noise.</summary>
    private static GateData MakeUp(int rows, int features)
    {
        const int Factors = 12;
        var loading = Normal(new Random(1), Factors * features);
        var (x, quality) = (new float[rows * features], new double[rows * Exits.Length]);
        Parallel.For(0, rows, row =>
        {
            var random = new Random(row + 2);
            var factor = Normal(random, Factors);
            for (var i = 0; i < features; i++)
            {
                var value = (random.NextSingle() - 0.5f) * 2;
                for (var f = 0; f < Factors; f++)
                {
                    value += factor[f] * loading[(f * features) + i] / 4;
                }

                x[(row * features) + i] = value;
            }

            // 50 PQ points, and up to a few more with depth where the first factor is large.
            var (level, gain) = (0.5 + (0.1 * factor[1]), 0.012 * Math.Max(0, factor[0] + 0.5));
            for (var k = 0; k < Exits.Length; k++)
            {
                quality[(row * Exits.Length) + k] = Math.Clamp(level + (gain * Math.Log(Exits[k])) + (0.01 * (random.NextDouble() - 0.5)), 0, 1);
            }
        });
        return new GateData(Exits, x, quality);
    }

    private static float[] Normal(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
}
