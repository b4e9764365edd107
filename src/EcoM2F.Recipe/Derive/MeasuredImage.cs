using EcoM2F.Inference.Compute;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Derive;

/// <summary>Everything that one image tells about every point: small enough to keep for all images of a set.</summary>
internal sealed record MeasuredImage
{
    /// <summary>Name of the image in its data set.</summary>
    public required string Image { get; init; }

    /// <summary>What can be chosen for it: sizes ascending, of each the exits, shallow first. What is given by point below is in this order.</summary>
    public required IReadOnlyList<ComputePoint> Points { get; init; }

    /// <summary>By point: what the set's quality is computed from.</summary>
    public required IReadOnlyList<ImageCounts> Counts { get; init; }

    /// <summary>By point: the image's own quality, a fraction; NaN where there is nothing to score.</summary>
    public required double[] Quality { get; init; }

    /// <summary>The same of the image with left and right exchanged; null unless asked for.</summary>
    public double[]? MirrorQuality { get; init; }

    /// <summary>What gates read.</summary>
    public required float[] Pooled { get; init; }

    /// <summary>Scores by profile, as <see cref="Inference.Pipeline.ExitsRun.Gates"/> has them; empty unless asked for.</summary>
    public required IReadOnlyDictionary<string, float[]> Gates { get; init; }

    /// <summary>By point: similarity of a layer's output to its input, -1 to 1; empty unless asked for.</summary>
    public required double[] Similarities { get; init; }

    /// <summary>
    /// By point: what the stages of the image's whole way took, with a gate where one was asked, while other images were decoded and scored
    /// beside it. All layers count as equally long, and the probe is not among it.
    /// </summary>
    public required IReadOnlyList<StageTimes> Times { get; init; }

    /// <summary>What a gate over points adds where it does not choose the smallest size; null where there is one size.</summary>
    public StageTimes? Probe { get; init; }

    /// <summary>Encoder layers by point.</summary>
    internal IReadOnlyList<int> Depths => [.. Points.Select(static point => point.Depth)];
}
