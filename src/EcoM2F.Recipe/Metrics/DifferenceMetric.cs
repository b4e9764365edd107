namespace EcoM2F.Recipe.Metrics;

/// <summary>One policy's quality less another's on the same images.</summary>
internal sealed class DifferenceMetric(ISetMetric policy, ISetMetric less) : ISetMetric
{
    public int Images => policy.Images;

    /// <inheritdoc/>
    public double Quality(ReadOnlySpan<int> weights) => policy.Quality(weights) - less.Quality(weights);

    /// <inheritdoc/>
    public IReadOnlyList<double> PerClass() => [.. policy.PerClass().Zip(less.PerClass(), static (one, other) => one - other)];
}
