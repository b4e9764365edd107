using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>Mean of several results on the same images, such as the trials of one random policy.</summary>
internal sealed class MeanOfMetrics(IReadOnlyList<ISetMetric> metrics) : ISetMetric
{
    public int Images => metrics[0].Images;

    /// <inheritdoc/>
    public double Quality(ReadOnlySpan<int> weights)
    {
        var sum = 0.0;
        foreach (var metric in metrics)
        {
            sum += metric.Quality(weights);
        }

        return sum / metrics.Count;
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> PerClass()
    {
        var classes = metrics.Select(static metric => metric.PerClass()).ToList();
        return [.. classes[0].Select((_, id) => Mean([.. classes.Select(of => of[id]).Where(static value => !double.IsNaN(value))]))];
    }

    private static double Mean(double[] values) => values.Length == 0 ? double.NaN : values.Average();
}
