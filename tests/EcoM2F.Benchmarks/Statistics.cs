namespace EcoM2F.Benchmarks;

internal static class Statistics
{
    /// <summary>The middle value, or the mean of the two in the middle.</summary>
    public static double Median(this IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <param name="sorted">Ascending; none: 0.</param>
    /// <param name="share">Above 0, at most 1.</param>
    public static double Quantile(this double[] sorted, double share) => sorted.Length == 0 ? 0 : sorted[(int)Math.Ceiling(share * sorted.Length) - 1];

    /// <summary>The straight line through samples whose errors resemble their neighbours', as those of memory do.</summary>
    /// <param name="x">Ascending, evenly spaced.</param>
    /// <param name="y">As many.</param>
    /// <returns>
    /// The slope by least squares, and half of its interval of 95%. Samples count as n (1 - r) / (1 + r) independent ones, r the correlation of
    /// each error with the next (Santer et al., 2000, doi 10.1029/1999JD901105); infinite where that leaves fewer than three.
    /// </returns>
    public static (double Slope, double Interval) Trend(double[] x, double[] y)
    {
        var (meanX, meanY) = (x.Average(), y.Average());
        var spread = x.Sum(value => (value - meanX) * (value - meanX));
        var slope = x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum() / spread;
        double[] errors = [.. x.Zip(y, (a, b) => b - meanY - (slope * (a - meanX)))];
        var squares = errors.Sum(static error => error * error);
        var correlation = squares == 0 ? 0 : Math.Max(0, errors.Zip(errors.Skip(1), static (error, next) => error * next).Sum() / squares);
        var independent = x.Length * (1 - correlation) / (1 + correlation);
        return (slope, independent > 2 ? 1.96 * Math.Sqrt(squares / (independent - 2) / spread) : double.PositiveInfinity);
    }
}
