using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Evaluation;

/// <summary>Mean over several trials of one random policy.</summary>
internal sealed class MeanOfTrials(IReadOnlyList<ISetMetric> trials) : ISetMetric
{
    public int Images => trials[0].Images;

    /// <inheritdoc/>
    public double Quality(ReadOnlySpan<int> weights)
    {
        var sum = 0.0;
        foreach (var trial in trials)
        {
            sum += trial.Quality(weights);
        }

        return sum / trials.Count;
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> PerClass()
    {
        var classes = trials.Select(static trial => trial.PerClass()).ToList();
        return [.. classes[0].Select((_, id) => Mean([.. classes.Select(of => of[id]).Where(static value => !double.IsNaN(value))]))];
    }

    private static double Mean(double[] values) => values.Length == 0 ? double.NaN : values.Average();
}
