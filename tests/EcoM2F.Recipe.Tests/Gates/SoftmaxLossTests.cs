using EcoM2F.Recipe.Gates;

namespace EcoM2F.Recipe.Tests.Gates;

public sealed class SoftmaxLossTests
{
    private const double Nudge = 1e-6;

    private static readonly GateData Data = SyntheticRows.Data([.. SyntheticRows.Make(12).Select(static row =>
    {
        row.Pooled[2] /= 1000; // scores of a size that a softmax does not saturate at
        return row;
    })]);

    private static readonly int[] Images = [0, 3, 4, 7, 11];
    private static readonly int[] Targets = [0, 1, 2, 2, 1, 0, 0, 1, 2, 0, 1, 2];

    [Fact]
    public void Gradient_EveryWeightAndBias_EqualsFiniteDifferences()
    {
        var (map, gradient) = (Random(), new AffineMap(3, SyntheticRows.Width));
        SoftmaxLoss.Gradient(Data, Images, Targets, map, gradient);
        Compare(map.Weight, gradient.Weight);
        Compare(map.Bias, gradient.Bias);

        void Compare(double[] values, double[] derivatives)
        {
            for (var i = 0; i < values.Length; i++)
            {
                var value = values[i];
                values[i] = value + Nudge;
                var above = SoftmaxLoss.Mean(Data, Images, Targets, map);
                values[i] = value - Nudge;
                var below = SoftmaxLoss.Mean(Data, Images, Targets, map);
                values[i] = value;
                Assert.Equal((above - below) / (2 * Nudge), derivatives[i], 1e-7); // rounding of the loss / nudge
            }
        }
    }

    [Fact]
    public void Mean_HugeScores_IsFinite()
    {
        var map = Random();
        map.Bias[1] = 1e6;
        Assert.True(double.IsFinite(SoftmaxLoss.Mean(Data, Images, Targets, map)));
    }

    private static AffineMap Random()
    {
        var (map, random) = (new AffineMap(3, SyntheticRows.Width), new Random(5));
        for (var i = 0; i < map.Weight.Length; i++)
        {
            map.Weight[i] = random.NextDouble() - 0.5;
        }

        return map;
    }
}
