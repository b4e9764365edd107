using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Benchmarks.Exits;

/// <summary>Mean quality of several exits on the same images.</summary>
internal sealed class MeanOfSets(IReadOnlyList<ISetMetric> sets) : ISetMetric
{
    public int Images => sets[0].Images;

    /// <inheritdoc/>
    public double Quality(ReadOnlySpan<int> weights)
    {
        var sum = 0.0;
        foreach (var set in sets)
        {
            sum += set.Quality(weights);
        }

        return sum / sets.Count;
    }

    /// <summary>None: exits are what is averaged.</summary>
    public IReadOnlyList<double> PerClass() => [];
}
