using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Recipe.Tests.Gates;

/// <summary>Made-up images whose best size their first feature gives away and whose best depth their second: sizes 32, 64 (own), 96, depths 1 and 3.</summary>
internal static class SyntheticPoints
{
    public const int Width = 8;

    private static readonly int[] Edges = [32, 64, 96];
    private static readonly int[] Depths = [1, 3];

    public static IReadOnlyList<GatePoint> Points { get; } = [.. Edges.SelectMany(static size => Depths.Select(depth => new GatePoint(size, depth)))];

    /// <summary>Stem and decoder cost as much as two layers, and all of it grows with the pixels.</summary>
    public static CostTable Costs { get; } = new([.. Edges.Select(static size => new ModelCost(size, size, size * size * 1e-4, size * size * 1e-4, size * size * 1e-4))]);

    public static GateRowRules Rules { get; } = new("aaaaaaaaaaaa", Depths, Width)
    {
        Points = new GatePointSet("bbbbbbbbbbbb", Points, Points, new GatePoint(64, 3)),
        Costs = Costs,
    };

    /// <param name="set">Name of the data set; its features are those of a kind of its own by <paramref name="shift"/>.</param>
    /// <param name="signal">Whether features say anything.</param>
    public static List<DerivedRow> Make(int images, string set = "d", double shift = 0, bool signal = true, int seed = 3)
    {
        var random = new Random(seed + set.Length);
        var rows = new List<DerivedRow>();
        for (var i = 0; i < images; i++)
        {
            float[] x = [.. Enumerable.Range(0, Width).Select(_ => random.NextSingle())];
            var (size, depth) = signal ? (x[0], x[1]) : (random.NextSingle(), random.NextSingle());
            x[Width - 1] += (float)shift;
            rows.Add(new DerivedRow
            {
                Image = $"{i:0000}_0.jpg",
                Points = [.. Points.Select(static point => new ComputePoint(point.Size, new InputSize(point.Size, point.Size), point.Depth))],
                HasPoints = true,
                Quality = [.. Points.Select(point => 0.3 + (0.3 * (size - 0.5) * (point.Size - 64) / 32) + (0.1 * (depth - 0.5) * (point.Depth - 1)) + (0.02 * (random.NextDouble() - 0.5)))],
                Pooled = x,
                Model = "bbbbbbbbbbbb",
                Dataset = set,
                Precision = GraphPrecisions.Fp32,
            });
        }

        return rows;
    }

    public static GateData Data(IReadOnlyList<DerivedRow> rows) => new GateRowData(Rules, rows).ToData([.. rows.Select(static row => row.Dataset!)]);
}
