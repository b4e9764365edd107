using EcoM2F.Inference.Numerics;

namespace EcoM2F.Recipe.Gates;

/// <summary>
/// Least squares with an L2 penalty on standardised features, in closed form: (R + penalty I) w = c, with R the features'
/// correlations and c their covariance with the output, each feature divided by its deviation. The intercept is not penalised. What
/// comes back reads features as they are.
/// </summary>
internal sealed class RidgeRegression
{
    private readonly Moments _moments;
    private readonly double[] _mean;
    private readonly double[] _deviation;
    private readonly double[] _correlation;

    public RidgeRegression(Moments moments)
    {
        _moments = moments;
        var (d, n) = (moments.Width, moments.Count);
        _mean = [.. moments.X.Select(sum => sum / n)];
        _deviation = new double[d];
        for (var i = 0; i < d; i++)
        {
            var variance = (moments.XX[(i * d) + i] / n) - (_mean[i] * _mean[i]);

            // A feature that hardly varies beyond rounding says nothing; divided by 1 its weight stays near 0.
            _deviation[i] = variance > 1e-12 ? Math.Sqrt(variance) : 1;
        }

        _correlation = new double[d * d];
        for (var i = 0; i < d; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var covariance = (moments.XX[(j * d) + i] / n) - (_mean[i] * _mean[j]);
                _correlation[(i * d) + j] = covariance / (_deviation[i] * _deviation[j]);
            }
        }
    }

    /// <param name="penalty">Above 0; at 1 a feature that is uncorrelated with the others keeps half of its weight.</param>
    public AffineMap Fit(double penalty) => Raw(FitStandardised(penalty));

    /// <summary>As <see cref="Fit"/>, of standardised features: the bias is the outputs' mean.</summary>
    public AffineMap FitStandardised(double penalty)
    {
        var (d, n, outputs) = (_moments.Width, _moments.Count, _moments.Outputs);
        var solver = Solver(penalty);
        var standardised = new AffineMap(outputs, d);
        var covariance = new double[d];
        for (var k = 0; k < outputs; k++)
        {
            var mean = _moments.Y[k] / n;
            for (var i = 0; i < d; i++)
            {
                covariance[i] = ((_moments.XY[(k * d) + i] / n) - (_mean[i] * mean)) / _deviation[i];
            }

            solver.Solve(covariance, standardised.Row(k));
            standardised.Bias[k] = mean;
        }

        return standardised;
    }

    /// <summary>A map of standardised features as one of features as they are.</summary>
    public AffineMap Raw(AffineMap standardised) => standardised.Unfold(_mean, _deviation);

    /// <summary>How far features lie from these images' as the regression sees it.</summary>
    public FeatureLeverage Leverage(double penalty) => new(_mean, _deviation, Solver(penalty), _moments.Count);

    private Cholesky Solver(double penalty)
    {
        var d = _moments.Width;
        var matrix = _correlation.ToArray();
        for (var i = 0; i < d; i++)
        {
            matrix[(i * d) + i] += penalty;
        }

        return new Cholesky(matrix, d);
    }
}
