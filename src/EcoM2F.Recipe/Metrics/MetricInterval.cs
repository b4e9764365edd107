namespace EcoM2F.Recipe.Metrics;

/// <summary>A set's value with its 95% bootstrap interval, as fractions; NaN where the images hold nothing that could be scored.</summary>
public sealed record MetricInterval(double Value, double Low, double High);

/// <summary>One policy less another on the same images, with the 95% interval of the paired bootstrap, as fractions.</summary>
public sealed record PairedDifference(double Difference, double Low, double High)
{
    /// <summary>
    /// The smallest difference that this many images could show: half the interval's width. A smaller one would leave zero inside an
    /// interval as wide as this.
    /// </summary>
    public double Detectable => (High - Low) / 2;
}
