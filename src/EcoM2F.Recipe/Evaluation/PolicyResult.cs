using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>What a policy gives on a set.</summary>
/// <param name="Quality">PQ, AP or mIoU of the set with its 95% interval, fractions.</param>
/// <param name="ImageQuality">Mean of the images' own quality.</param>
/// <param name="MeanDepth">Encoder layers.</param>
/// <param name="Depths">Images at each exit, by depth; only those that occur.</param>
/// <param name="Gmacs">Whole model, per image.</param>
/// <param name="Milliseconds">Whole way of an image, one after the other.</param>
/// <param name="PerClass">By class index; NaN for a class that does not occur.</param>
/// <param name="Metric">What quality is recomputed from, for comparisons.</param>
public sealed record PolicyResult(
    Policy Policy,
    MetricInterval Quality,
    double ImageQuality,
    double MeanDepth,
    IReadOnlyDictionary<int, int> Depths,
    double Gmacs,
    double Milliseconds,
    IReadOnlyList<double> PerClass,
    ISetMetric Metric)
{
    public double ImagesPerSecond => 1000 / Milliseconds;
}

/// <summary>A policy less another on the same images, fractions.</summary>
public sealed record PolicyComparison(string Policy, string Against, PairedDifference Difference);
