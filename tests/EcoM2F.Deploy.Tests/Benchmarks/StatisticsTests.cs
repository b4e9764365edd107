using EcoM2F.Benchmarks;

namespace EcoM2F.Deploy.Tests.Benchmarks;

public sealed class StatisticsTests
{
    /// <summary>Errors of 1, -1, 1, ... about y = 2x + 3 tell the slope as exactly as independent ones: a negative correlation does not count.</summary>
    [Fact]
    public void Trend_ErrorsThatAlternate_IsThatOfOrdinaryLeastSquares()
    {
        double[] x = [.. Enumerable.Range(0, 40).Select(static i => (double)i)];
        double[] y = [.. x.Select(static (value, i) => (2 * value) + 3 + (i % 2 == 0 ? 1 : -1))];

        var (slope, interval) = Statistics.Trend(x, y);

        Assert.Equal(2, slope, 0.005);
        Assert.Equal(2.024 * Math.Sqrt(40 / 38.0 / 5330), interval, 0.001); // t of 38 degrees; 5330: squared distances of x from their mean
    }

    /// <summary>A slow wave about a level line is no trend, however many samples there are of it.</summary>
    [Fact]
    public void Trend_ErrorsLikeTheirNeighbours_HasAWiderInterval()
    {
        double[] x = [.. Enumerable.Range(0, 200).Select(static i => (double)i)];
        double[] wave = [.. x.Select(static value => Math.Sin(value / 30))];
        var random = new Random(1);
        double[] shuffled = [.. wave.OrderBy(_ => random.Next())];

        var (slope, interval) = Statistics.Trend(x, wave);

        Assert.True(interval > 3 * Statistics.Trend(x, shuffled).Interval);
        Assert.True(Math.Abs(slope) < interval);
    }

    [Fact]
    public void Trend_StraightLine_HasNoInterval() => Assert.Equal((0.5, 0), Statistics.Trend([0, 1, 2, 3], [1, 1.5, 2, 2.5]));
}
