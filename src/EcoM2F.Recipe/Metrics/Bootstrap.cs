namespace EcoM2F.Recipe.Metrics;

/// <summary>
/// How far a set's quality could have come out differently with other images of the same kind: images are drawn again with
/// replacement, and the interval holds the middle 95% of what the draws give. The same seed gives the same interval on every
/// machine, whatever the number of threads.
/// </summary>
internal static class Bootstrap
{
    /// <summary>Draws. At 1,000 the ends of an interval move by about a twentieth of its width from seed to seed.</summary>
    public const int Resamples = 1000;

    private const double Tail = 0.025;

    /// <summary>The set's own value, and the interval of the draws that have one.</summary>
    public static MetricInterval Interval(ISetMetric metric, ulong seed = 0, CancellationToken cancellationToken = default)
    {
        var (low, high) = Middle(Draw(metric.Images, seed, weights => metric.Quality(weights), cancellationToken));
        return new MetricInterval(metric.Quality([]), low, high);
    }

    /// <summary>Two policies on the same images, which are drawn together: what the images share cancels.</summary>
    /// <exception cref="ArgumentException">They are about sets of different size.</exception>
    public static PairedDifference Difference(ISetMetric policy, ISetMetric against, ulong seed = 0, CancellationToken cancellationToken = default)
    {
        if (policy.Images != against.Images)
        {
            throw new ArgumentException($"{policy.Images} images cannot be compared in pairs with {against.Images}.", nameof(against));
        }

        var (difference, low, high) = Interval(new DifferenceMetric(policy, against), seed, cancellationToken);
        return new PairedDifference(difference, low, high);
    }

    private static double[] Draw(int images, ulong seed, Func<int[], double> measure, CancellationToken cancellationToken)
    {
        var values = new double[Resamples];
        Parallel.For(0, Resamples, new ParallelOptions { CancellationToken = cancellationToken }, draw =>
        {
            var random = new SplitMix64(seed, (ulong)draw);
            var weights = new int[images];
            for (var i = 0; i < images; i++)
            {
                weights[random.Next(images)]++;
            }

            values[draw] = measure(weights);
        });
        return values;
    }

    private static (double Low, double High) Middle(double[] values)
    {
        double[] sorted = [.. values.Where(double.IsFinite).Order()];
        return sorted.Length == 0 ? (double.NaN, double.NaN) : (Quantile(sorted, Tail), Quantile(sorted, 1 - Tail));
    }

    /// <summary>Between the two nearest values, linearly.</summary>
    private static double Quantile(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (place - below));
    }
}
