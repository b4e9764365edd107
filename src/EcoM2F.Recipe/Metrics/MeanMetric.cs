namespace EcoM2F.Recipe.Metrics;

/// <summary>Mean of one number per image, such as its own quality or a utility; images whose number is NaN do not count.</summary>
/// <param name="values">By image.</param>
internal sealed class MeanMetric(IReadOnlyList<double> values) : ISetMetric
{
    public int Images => values.Count;

    /// <inheritdoc/>
    public double Quality(ReadOnlySpan<int> weights)
    {
        var (sum, count) = (0.0, 0L);
        for (var i = 0; i < values.Count; i++)
        {
            var weight = weights.IsEmpty ? 1 : weights[i];
            if (!double.IsNaN(values[i]))
            {
                (sum, count) = (sum + (values[i] * weight), count + weight);
            }
        }

        return count == 0 ? double.NaN : sum / count;
    }

    /// <summary>None: the numbers are about images.</summary>
    public IReadOnlyList<double> PerClass() => [];
}
