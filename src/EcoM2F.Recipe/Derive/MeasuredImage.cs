using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Derive;

/// <summary>Everything that one image tells about every exit: small enough to keep for all images of a set.</summary>
internal sealed record MeasuredImage
{
    /// <summary>Name of the image in its data set.</summary>
    public required string Image { get; init; }

    /// <summary>Pixels of the model's input.</summary>
    public required InputSize Size { get; init; }

    /// <summary>By exit: what the set's quality is computed from.</summary>
    public required IReadOnlyList<ImageCounts> Counts { get; init; }

    /// <summary>By exit: the image's own quality, a fraction; NaN where there is nothing to score.</summary>
    public required double[] Quality { get; init; }

    /// <summary>The same of the image with left and right exchanged; null unless asked for.</summary>
    public double[]? MirrorQuality { get; init; }

    /// <summary>What gates read.</summary>
    public required float[] Pooled { get; init; }

    /// <summary>Scores by exit, by profile; empty unless asked for.</summary>
    public required IReadOnlyDictionary<string, float[]> Gates { get; init; }

    /// <summary>By exit: similarity of a layer's output to its input, -1 to 1; empty unless asked for.</summary>
    public required double[] Similarities { get; init; }

    public required StageMilliseconds Times { get; init; }
}
