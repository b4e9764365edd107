using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Recipe.Tests.Gates;

/// <summary>Made-up images whose best exit their features give away, or do not.</summary>
internal static class SyntheticRows
{
    public const int Width = 6;

    public static IReadOnlyList<int> Exits { get; } = [1, 2, 4];

    /// <summary>
    /// Feature 0 says what depth gains: from nothing to 20 PQ points over the shallow exit; the others say nothing. Feature 1 is the
    /// same for all, 2 has a far larger scale than the rest.
    /// </summary>
    /// <param name="noise">Of each quality, PQ points.</param>
    /// <param name="signal">Whether the gain follows feature 0, rather than chance.</param>
    public static List<DerivedRow> Make(int images, int seed = 7, double noise = 0.2, bool signal = true)
    {
        var random = new Random(seed);
        var rows = new List<DerivedRow>();
        for (var i = 0; i < images; i++)
        {
            float[] x = [.. Enumerable.Range(0, Width).Select(_ => random.NextSingle())];
            x[1] = 3;
            x[2] = 5000 + (1000 * x[2]);
            var gain = 0.2 * (signal ? x[0] : random.NextSingle());
            rows.Add(new DerivedRow
            {
                Image = $"{i:0000}.jpg",
                Points = Points(Exits),
                Quality = [Noisy(0.3), Noisy(0.3 + (0.6 * gain)), Noisy(0.3 + gain)],
                Pooled = x,
                Model = "aaaaaaaaaaaa",
                Dataset = "dddddddddddd",
            });

            double Noisy(double quality) => quality + (noise / 100 * (random.NextDouble() - 0.5));
        }

        return rows;
    }

    /// <summary>Depths of the images.</summary>
    public static IReadOnlyList<ComputePoint> Points(IReadOnlyList<int> exits) => [.. exits.Select(static exit => new ComputePoint(64, new InputSize(64, 96), exit))];

    public static GateData Data(IReadOnlyList<DerivedRow> rows) => new(Exits, [.. rows.SelectMany(static row => row.Pooled)], [.. rows.SelectMany(static row => row.Quality)]);

    /// <summary>What a gate's graph gives.</summary>
    public static double[] Scores(LinearGate gate, ReadOnlySpan<float> feature)
    {
        var scores = new double[gate.Bias.Length];
        for (var k = 0; k < scores.Length; k++)
        {
            scores[k] = gate.Bias[k];
            for (var i = 0; i < feature.Length; i++)
            {
                scores[k] += (double)gate.Weight[(k * feature.Length) + i] * feature[i];
            }
        }

        return scores;
    }
}
