using EcoM2F.Inference.Numerics;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Recipe.Tests.Gates;

public sealed class RidgeRegressionTests
{
    private const int Width = 4;
    private const int Images = 30;

    private readonly double[][] _x = Make(Width, seed: 1);
    private readonly double[][] _y = Make(2, seed: 2);

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.5)]
    [InlineData(20)]
    public void Fit_AnyPenalty_IsTheMinimumThatDescentFinds(double penalty)
    {
        var fitted = new RidgeRegression(Sums()).Fit(penalty);
        var naive = Descend(penalty);
        for (var k = 0; k < 2; k++)
        {
            Assert.Equal(naive.Bias[k], fitted.Bias[k], 1e-8);
            for (var i = 0; i < Width; i++)
            {
                Assert.Equal(naive.Row(k)[i], fitted.Row(k)[i], 1e-8);
            }
        }
    }

    [Fact]
    public void Fit_FeatureThatIsTheSameForAll_HasNoWeight()
    {
        foreach (var x in _x)
        {
            x[2] = 5;
        }

        Assert.Equal(0, new RidgeRegression(Sums()).Fit(0.1).Row(0)[2], 1e-9);
    }

    [Fact]
    public void SquaredError_OfAnyMap_EqualsTheSumOverImages()
    {
        var map = new RidgeRegression(Sums()).Fit(0.3);
        map.Bias[1] += 0.7;
        var expected = new double[2];
        var y = new double[2];
        for (var image = 0; image < Images; image++)
        {
            map.Apply(_x[image], y);
            expected[0] += Math.Pow(y[0] - _y[image][0], 2);
            expected[1] += Math.Pow(y[1] - _y[image][1], 2);
        }

        var actual = Sums().SquaredError(map);
        Assert.Equal(expected[0], actual[0], 1e-9);
        Assert.Equal(expected[1], actual[1], 1e-9);
    }

    [Fact]
    public void Cholesky_Solve_GivesTheRightSide()
    {
        double[] matrix = [4, 2, 1, 2, 5, 3, 1, 3, 6];
        double[] right = [1, -2, 3];
        var x = new double[3];
        new Cholesky(matrix, 3).Solve(right, x);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(right[i], (matrix[3 * i] * x[0]) + (matrix[(3 * i) + 1] * x[1]) + (matrix[(3 * i) + 2] * x[2]), 1e-12);
        }
    }

    [Fact]
    public void Cholesky_NotPositiveDefinite_Throws() => Assert.Throws<ArgumentException>(() => new Cholesky([1, 2, 2, 1], 2));

    private Moments Sums()
    {
        var sums = new Moments(Width, 2);
        for (var image = 0; image < Images; image++)
        {
            sums.Add(_x[image], _y[image]);
        }

        return sums;
    }

    /// <summary>The same by gradient descent on mean squared error + penalty |w|^2 over features that were standardised one by one.</summary>
    private AffineMap Descend(double penalty)
    {
        double[] mean = [.. Enumerable.Range(0, Width).Select(i => _x.Average(x => x[i]))];
        double[] deviation = [.. Enumerable.Range(0, Width).Select(i => Math.Sqrt(_x.Average(x => Math.Pow(x[i] - mean[i], 2))))];
        double[][] z = [.. _x.Select(x => x.Select((value, i) => (value - mean[i]) / deviation[i]).ToArray())];
        var map = new AffineMap(2, Width);
        var step = 0.5 / (penalty + Width);
        for (var round = 0; round < 5_000; round++)
        {
            for (var k = 0; k < 2; k++)
            {
                double[] error = [.. z.Select((row, image) => map.Bias[k] + Dot(row, map.Row(k)) - _y[image][k])];
                for (var i = 0; i < Width; i++)
                {
                    map.Row(k)[i] -= step * (Enumerable.Range(0, Images).Average(image => error[image] * z[image][i]) + (penalty * map.Row(k)[i]));
                }

                map.Bias[k] -= step * error.Average();
            }
        }

        return map.Unfold(mean, deviation);
    }

    private static double Dot(double[] a, ReadOnlySpan<double> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    private static double[][] Make(int width, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Images).Select(_ => Enumerable.Range(0, width).Select(i => (random.NextDouble() * (i + 1)) + i).ToArray())];
    }
}
