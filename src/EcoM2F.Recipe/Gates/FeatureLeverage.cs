using System.Numerics.Tensors;
using EcoM2F.Inference.Numerics;

namespace EcoM2F.Recipe.Gates;

/// <summary>
/// Ridge leverage of a feature among those that a regression was fitted to: z' (Z'Z + penalty n I)^-1 z with z standardised; what the fit there
/// rests on is the farther away, the larger it is.
/// </summary>
/// <param name="mean">[d], of the features that were fitted to.</param>
/// <param name="deviation">[d].</param>
/// <param name="solver">Of their correlations plus the penalty.</param>
/// <param name="count">How many there were.</param>
internal sealed class FeatureLeverage(double[] mean, double[] deviation, Cholesky solver, double count)
{
    /// <param name="feature">In the frame that the regression was fitted in.</param>
    public double Of(ReadOnlySpan<double> feature)
    {
        var z = new double[mean.Length];
        TensorPrimitives.Subtract(feature, mean, z);
        TensorPrimitives.Divide<double>(z, deviation, z);
        var whitened = new double[mean.Length];
        solver.SolveLower(z, whitened);
        return TensorPrimitives.SumOfSquares<double>(whitened) / count;
    }

    /// <summary>As a gate's graph has it: leverage = |(feature - mean) W|^2.</summary>
    /// <param name="shift">What was taken from features before the fit.</param>
    /// <returns>The mean [d] of features as they come, and W [d, d] row by row.</returns>
    public (float[] Mean, float[] Weight) ToGraph(ReadOnlySpan<double> shift)
    {
        var d = mean.Length;
        var (weight, unit, column, centre) = (new float[d * d], new double[d], new double[d], new float[d]);
        for (var i = 0; i < d; i++)
        {
            Array.Clear(unit);
            unit[i] = 1 / (deviation[i] * Math.Sqrt(count));
            solver.SolveLower(unit, column);
            TensorPrimitives.ConvertTruncating<double, float>(column, weight.AsSpan(i * d, d));
            centre[i] = (float)(mean[i] + shift[i]);
        }

        return (centre, weight);
    }
}
