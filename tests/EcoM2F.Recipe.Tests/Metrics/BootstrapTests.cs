using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Tests.Metrics;

public sealed class BootstrapTests
{
    private static readonly double[] Values = Normal(200, 1);

    [Fact]
    public void Interval_Mean_IsAsWideAsTheoryHasIt()
    {
        var interval = Interval(new MeanMetric(Values));
        var mean = Values.Average();
        var error = Math.Sqrt(Values.Sum(value => (value - mean) * (value - mean)) / Values.Length / Values.Length);

        // 1.96 standard errors on each side; a thousand draws know them to a tenth.
        Assert.Equal(mean, interval.Value, MetricFixtures.Tolerance);
        Assert.InRange((mean - interval.Low) / error, 1.7, 2.25);
        Assert.InRange((interval.High - mean) / error, 1.7, 2.25);
    }

    [Fact]
    public void Interval_SameSeed_IsTheSame()
    {
        var first = Interval(new MeanMetric(Values), seed: 5);
        Assert.Equal(first, Interval(new MeanMetric(Values), seed: 5));
        Assert.NotEqual(first.Low, Interval(new MeanMetric(Values), seed: 6).Low);
    }

    [Fact]
    public void Interval_KnownSeed_IsTheSameOnEveryMachine()
    {
        var random = new SplitMix64(0, 0);
        var drawn = Enumerable.Range(0, 6).Select(_ => random.Next(1000)).ToArray();
        // The generator's published outputs for seed 0 begin with e220a8397b1dcdaf, 6e789e6aa1b965f4, 06c45d188009454f, f88bb8a8724c81ec.
        Assert.Equal([883, 431, 26, 970, 106, 327], drawn);
    }

    [Fact]
    public void Difference_ConstantGain_IsCertain()
    {
        var difference = Difference(new MeanMetric([.. Values.Select(static value => value + 0.01)]), new MeanMetric(Values));
        Assert.Equal(0.01, difference.Difference, MetricFixtures.Tolerance);
        Assert.Equal((0.01, 0.01), (Math.Round(difference.Low, 9), Math.Round(difference.High, 9)));
        Assert.Equal(0, difference.Detectable, MetricFixtures.Tolerance);
    }

    [Fact]
    public void Difference_PairedPolicies_IsNarrowerThanTheirIntervals()
    {
        var noise = Normal(200, 2);
        var other = new MeanMetric([.. Values.Select((value, i) => value + (0.1 * noise[i]))]);
        var difference = Difference(other, new MeanMetric(Values));
        var alone = Interval(other);
        Assert.True(difference.Detectable < (alone.High - alone.Low) / 4);
        Assert.Equal((difference.High - difference.Low) / 2, difference.Detectable);
    }

    [Fact]
    public void Difference_SetsOfOtherSize_IsRefused() =>
        Assert.Throws<ArgumentException>(() => Difference(new MeanMetric(Values), new MeanMetric(Values[1..])));

    [Fact]
    public void Interval_MetricWithoutValue_HasNone()
    {
        var interval = Interval(new MeanMetric([double.NaN, double.NaN]));
        Assert.Equal((double.NaN, double.NaN, double.NaN), (interval.Value, interval.Low, interval.High));
    }

    [Fact]
    public void Interval_Panoptic_HoldsTheValue()
    {
        PanopticCounts[] images = [.. Enumerable.Range(0, 60).Select(static seed => RandomImages.Panoptic(seed)).Select(static pair => PanopticMatcher.Count(pair.Truth, pair.Prediction))];
        var interval = Interval(new PanopticSetMetric(images, RandomImages.IsThing));
        Assert.InRange(interval.Value, interval.Low, interval.High);
        Assert.InRange(interval.High - interval.Low, 0.02, 0.4);
    }

    private static double[] Normal(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))];
    }

    private static MetricInterval Interval(ISetMetric metric, ulong seed = 0) => Bootstrap.Interval(metric, seed, TestContext.Current.CancellationToken);

    private static PairedDifference Difference(ISetMetric policy, ISetMetric against) =>
        Bootstrap.Difference(policy, against, cancellationToken: TestContext.Current.CancellationToken);
}
