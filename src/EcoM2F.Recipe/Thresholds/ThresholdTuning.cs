using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Thresholds;

/// <summary>Score thresholds of single classes, chosen on labelled images and judged on those that did not choose them. Qualities are fractions.</summary>
public sealed record ThresholdTuning
{
    /// <summary>What thresholds are chosen and judged by: PQ, or F1 at an IoU of 0.5.</summary>
    public required string Metric { get; init; }

    public required int Images { get; init; }

    /// <summary>The model's own score threshold, which classes without one of their own have.</summary>
    public required float Own { get; init; }

    /// <summary>Objects of a class, in the images that choose, below which it keeps the threshold that it has.</summary>
    public required int LeastObjects { get; init; }

    /// <summary>Classes that occur in the truth or are found, in their order.</summary>
    public required IReadOnlyList<ClassThreshold> Classes { get; init; }

    /// <summary>Of the set, with the thresholds that the model has now.</summary>
    public required double QualityNow { get; init; }

    /// <summary>Of the set, each half with the thresholds that the other half chose.</summary>
    public required double QualityTuned { get; init; }

    /// <summary><see cref="QualityTuned"/> less <see cref="QualityNow"/>, in pairs over the images.</summary>
    public required PairedDifference Difference { get; init; }

    /// <summary>Whether they have been written into the model.</summary>
    public bool Written { get; init; }

    /// <summary>Whether images that did not choose them are better off.</summary>
    public bool IsBetter => Difference.Difference > 0;

    /// <summary>By name of a class that occurs, chosen on all images, or as it was where they are too few: what is to be written.</summary>
    public IReadOnlyDictionary<string, float> Chosen =>
        Classes.Where(static item => item.Threshold is not null).DistinctBy(static item => item.Name).ToDictionary(static item => item.Name, static item => item.Threshold!.Value);
}

/// <summary>The threshold of one class; null where that is the model's own.</summary>
/// <param name="ClassId">Class index.</param>
/// <param name="Objects">In the truth of all images.</param>
/// <param name="Threshold">Chosen on all images, or as it was where they have too few objects.</param>
/// <param name="First">Chosen on the first half, judged on the second.</param>
/// <param name="Second">Chosen on the second half, judged on the first.</param>
/// <param name="QualityNow">Of the class, with the thresholds that the model has now; NaN where it does not occur.</param>
/// <param name="QualityTuned">Of the class, each half with the thresholds that the other half chose; NaN where it does not occur.</param>
public sealed record ClassThreshold(int ClassId, string Name, int Objects, float? Threshold, float? First, float? Second, double QualityNow, double QualityTuned);
