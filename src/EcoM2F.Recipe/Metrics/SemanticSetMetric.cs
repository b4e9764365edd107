namespace EcoM2F.Recipe.Metrics;

/// <summary>mIoU of a set of images: intersections and unions are added up over the images first.</summary>
/// <param name="classes">How many there are.</param>
internal sealed class SemanticSetMetric(IReadOnlyList<SemanticCounts> images, int classes) : ISetMetric
{
    public int Images => images.Count;

    /// <inheritdoc/>
    public double Quality(ReadOnlySpan<int> weights) => Score(weights).Miou;

    /// <inheritdoc/>
    public IReadOnlyList<double> PerClass() => Score().Iou;

    /// <summary>All numbers of the set.</summary>
    /// <param name="weights">How often each image counts; empty for once each.</param>
    public SemanticScore Score(ReadOnlySpan<int> weights = default) => SemanticScore.Of(SemanticCounts.Sum(images, weights, classes), classes);
}
