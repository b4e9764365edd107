using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>Mean over several deals of one random policy.</summary>
internal sealed class DealtMetric(IReadOnlyList<ISetMetric> deals) : ISetMetric
{
    public int Images => deals[0].Images;

    /// <inheritdoc/>
    public double Quality(ReadOnlySpan<int> weights)
    {
        var sum = 0.0;
        foreach (var deal in deals)
        {
            sum += deal.Quality(weights);
        }

        return sum / deals.Count;
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> PerClass()
    {
        var classes = deals.Select(static deal => deal.PerClass()).ToList();
        return [.. classes[0].Select((_, id) => Mean([.. classes.Select(of => of[id]).Where(static value => !double.IsNaN(value))]))];
    }

    private static double Mean(double[] values) => values.Length == 0 ? double.NaN : values.Average();
}
