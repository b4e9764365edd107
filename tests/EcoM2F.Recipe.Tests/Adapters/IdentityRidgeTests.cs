using EcoM2F.Recipe.Adapters;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Recipe.Tests.Adapters;

public sealed class IdentityRidgeTests
{
    private const int Width = 5;
    private const int Tokens = 60;

    private readonly double[][] _x;
    private readonly double[][] _y;

    public IdentityRidgeTests()
    {
        var random = new Random(3);
        _x = Make(random);
        _y = Make(random);
    }

    [Theory]
    [InlineData(1e-5)]
    [InlineData(0.1)]
    [InlineData(30)]
    public void Fit_AnyPenalty_SolvesTheNormalEquations(double penalty)
    {
        var expected = Naive(penalty);
        var map = new IdentityRidge(Sums()).Fit(penalty);
        for (var k = 0; k < Width; k++)
        {
            Assert.Equal(expected.Bias[k], map.Bias[k], 1e-9);
            Assert.All(Enumerable.Range(0, Width), i => Assert.Equal(expected.Row(k)[i], map.Row(k)[i], 1e-9));
        }
    }

    [Fact]
    public void Fit_AffineRelation_IsFound()
    {
        var truth = Naive(0.5);
        for (var token = 0; token < Tokens; token++)
        {
            truth.Apply(_x[token], _y[token]);
        }

        var map = new IdentityRidge(Sums()).Fit(1e-9);
        Assert.All(truth.Weight, (value, i) => Assert.Equal(value, map.Weight[i], 1e-6));
        Assert.All(Sums().SquaredError(map), static error => Assert.Equal(0, error, 1e-6));
    }

    [Fact]
    public void Fit_NothingToLearn_IsTheIdentityAtAnyPenalty()
    {
        Array.Copy(_x, _y, Tokens);
        var map = new IdentityRidge(Sums()).Fit(0.01);
        Assert.All(IdentityRidge.Identity(Width).Weight, (value, i) => Assert.Equal(value, map.Weight[i], 1e-12));
    }

    [Fact]
    public void Fit_StrongPenalty_ShiftsTheMeanOnly()
    {
        var map = new IdentityRidge(Sums()).Fit(1e9);
        Assert.All(IdentityRidge.Identity(Width).Weight, (value, i) => Assert.Equal(value, map.Weight[i], 1e-6));
        Assert.Equal(_y.Average(static y => y[2]) - _x.Average(static x => x[2]), map.Bias[2], 1e-6);
    }

    [Fact]
    public void Fit_EqualTokens_HaveNoScale()
    {
        Array.Fill(_x, _x[0]);
        Assert.Equal(0, new IdentityRidge(Sums()).Scale, 1e-12);
    }

    private Moments Sums()
    {
        var sums = new Moments(Width, Width);
        for (var token = 0; token < Tokens; token++)
        {
            sums.Add(_x[token], _y[token]);
        }

        return sums;
    }

    /// <summary>(X'X + p m I) W = X'Y + p m I of centred tokens, by elimination.</summary>
    private AffineMap Naive(double penalty)
    {
        var (mx, my) = (Mean(_x), Mean(_y));
        var scatter = Product(_x, mx, _x, mx);
        var cross = Product(_x, mx, _y, my);
        var scale = Enumerable.Range(0, Width).Average(i => scatter[i, i]);
        for (var i = 0; i < Width; i++)
        {
            scatter[i, i] += penalty * scale;
            cross[i, i] += penalty * scale;
        }

        Eliminate(scatter, cross);
        var map = new AffineMap(Width, Width);
        for (var k = 0; k < Width; k++)
        {
            map.Bias[k] = my[k];
            for (var i = 0; i < Width; i++)
            {
                map.Row(k)[i] = cross[i, k];
                map.Bias[k] -= cross[i, k] * mx[i];
            }
        }

        return map;
    }

    private static void Eliminate(double[,] a, double[,] b)
    {
        for (var pivot = 0; pivot < Width; pivot++)
        {
            for (var row = 0; row < Width; row++)
            {
                if (row == pivot)
                {
                    continue;
                }

                var factor = a[row, pivot] / a[pivot, pivot];
                for (var column = 0; column < Width; column++)
                {
                    a[row, column] -= factor * a[pivot, column];
                    b[row, column] -= factor * b[pivot, column];
                }
            }
        }

        for (var row = 0; row < Width; row++)
        {
            for (var column = 0; column < Width; column++)
            {
                b[row, column] /= a[row, row];
            }
        }
    }

    private static double[,] Product(double[][] x, double[] mx, double[][] y, double[] my)
    {
        var sums = new double[Width, Width];
        for (var token = 0; token < Tokens; token++)
        {
            for (var i = 0; i < Width; i++)
            {
                for (var k = 0; k < Width; k++)
                {
                    sums[i, k] += (x[token][i] - mx[i]) * (y[token][k] - my[k]);
                }
            }
        }

        return sums;
    }

    private static double[] Mean(double[][] values) => [.. Enumerable.Range(0, Width).Select(i => values.Average(value => value[i]))];

    private static double[][] Make(Random random) => [.. Enumerable.Range(0, Tokens).Select(_ => Enumerable.Range(0, Width).Select(_ => random.NextDouble() + 0.3).ToArray())];
}
