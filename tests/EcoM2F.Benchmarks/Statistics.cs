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
    /// each error with the next, and Student's t has two degrees of freedom less (Santer et al., 2000, doi 10.1029/1999JD901105); infinite where
    /// that leaves none.
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
        return (slope, independent > 2 ? StudentsT(independent - 2) * Math.Sqrt(squares / (independent - 2) / spread) : double.PositiveInfinity);
    }

    /// <summary>What 95% lie within, by the series in 1/freedom (Abramowitz and Stegun, 26.7.5); for one degree and less it is too small.</summary>
    private static double StudentsT(double freedom)
    {
        const double z = 1.959964;
        var (z3, z5, z7) = (Math.Pow(z, 3), Math.Pow(z, 5), Math.Pow(z, 7));
        return z + ((z3 + z) / (4 * freedom)) + (((5 * z5) + (16 * z3) + (3 * z)) / (96 * freedom * freedom))
            + (((3 * z7) + (19 * z5) + (17 * z3) - (15 * z)) / (384 * Math.Pow(freedom, 3)));
    }
}
