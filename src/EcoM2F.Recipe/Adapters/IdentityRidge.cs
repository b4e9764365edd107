using EcoM2F.Inference.Numerics;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Recipe.Adapters;

/// <summary>
/// Least squares with an L2 penalty on the distance to the identity, in closed form: of centred x and y, |x W + b - y|^2 + p m |W - I|^2 is
/// least at W = I + (S + p m I)^-1 (C - S), with S = x'x, C = x'y and m the mean of S's diagonal; b is not penalised.
/// </summary>
internal sealed class IdentityRidge
{
    private readonly Moments _moments;
    private readonly double[] _scatter; // S, [d, d]
    private readonly double[] _change;  // C - S, [output, d]

    /// <param name="moments">As many outputs as inputs.</param>
    public IdentityRidge(Moments moments)
    {
        _moments = moments;
        var (d, n) = (moments.Width, moments.Count);
        (_scatter, _change) = (new double[d * d], new double[d * d]);
        for (var i = 0; i < d; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var value = moments.XX[(j * d) + i] - (moments.X[i] * moments.X[j] / n);
                (_scatter[(i * d) + j], _scatter[(j * d) + i]) = (value, value);
            }
        }

        for (var k = 0; k < d; k++)
        {
            for (var i = 0; i < d; i++)
            {
                _change[(k * d) + i] = moments.XY[(k * d) + i] - (moments.Y[k] * moments.X[i] / n) - _scatter[(k * d) + i];
            }
        }

        for (var i = 0; i < d; i++)
        {
            Scale += _scatter[(i * d) + i] / d;
        }
    }

    /// <summary>m; 0 where all inputs are equal.</summary>
    public double Scale { get; }

    /// <param name="penalty">p, above 0.</param>
    /// <exception cref="ArgumentException">All inputs are equal.</exception>
    public AffineMap Fit(double penalty)
    {
        var (d, n) = (_moments.Width, _moments.Count);
        var matrix = _scatter.ToArray();
        for (var i = 0; i < d; i++)
        {
            matrix[(i * d) + i] += penalty * Scale;
        }

        var solver = new Cholesky(matrix, d);
        var map = new AffineMap(d, d);
        for (var k = 0; k < d; k++)
        {
            var row = map.Row(k);
            solver.Solve(_change.AsSpan(k * d, d), row);
            row[k] += 1;
            var mean = 0.0;
            for (var i = 0; i < d; i++)
            {
                mean += row[i] * _moments.X[i];
            }

            map.Bias[k] = (_moments.Y[k] - mean) / n;
        }

        return map;
    }

    /// <summary>Leaves everything as it is.</summary>
    public static AffineMap Identity(int width)
    {
        var map = new AffineMap(width, width);
        for (var k = 0; k < width; k++)
        {
            map.Row(k)[k] = 1;
        }

        return map;
    }
}
