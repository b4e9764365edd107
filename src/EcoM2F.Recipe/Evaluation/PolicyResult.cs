using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>What a policy gives on a set.</summary>
public sealed record PolicyResult
{
    internal PolicyResult(ISetMetric metric) => (Metric, PerClass) = (metric, metric.PerClass());

    public required Policy Policy { get; init; }

    /// <summary>PQ, AP or mIoU of the set with its 95% interval, fractions.</summary>
    public required MetricInterval Quality { get; init; }

    /// <summary>Mean of the images' own quality.</summary>
    public required double ImageQuality { get; init; }

    /// <summary>Encoder layers.</summary>
    public required double MeanDepth { get; init; }

    /// <summary>Images at each exit, by depth; only those that occur.</summary>
    public required IReadOnlyDictionary<int, int> Depths { get; init; }

    /// <summary>Images at each point; only those that occur.</summary>
    public required IReadOnlyDictionary<GatePoint, int> Points { get; init; }

    /// <summary>Share of the images that a guard takes from the gate; null without one.</summary>
    public double? Fallbacks { get; init; }

    /// <summary>Whole model per image, the probe included where a gate chooses sizes.</summary>
    public required double Gmacs { get; init; }

    /// <summary>Whole way of an image, one after the other.</summary>
    public required double Milliseconds { get; init; }

    /// <summary>By class index; NaN for a class that does not occur.</summary>
    public IReadOnlyList<double> PerClass { get; }

    public double ImagesPerSecond => 1000 / Milliseconds;

    /// <summary>What quality is recomputed from, for comparisons.</summary>
    internal ISetMetric Metric { get; }
}

/// <summary>A policy less another on the same images, fractions.</summary>
public sealed record PolicyComparison(string Policy, string Against, PairedDifference Difference);
