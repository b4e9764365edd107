namespace EcoM2F.Inference.Benchmarking;

/// <summary>What repeated measurements of one thing came to, in milliseconds.</summary>
/// <param name="Low">Lower quartile.</param>
/// <param name="High">Upper quartile.</param>
/// <param name="Least">The fastest; on a busy machine the closest to what the work itself takes.</param>
/// <param name="Count">Measurements.</param>
public sealed record TimeSpread(double Median, double Low, double High, double Least, int Count)
{
    /// <param name="values">At least one.</param>
    public static TimeSpread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new TimeSpread(Quantile(sorted, 0.5), Quantile(sorted, 0.25), Quantile(sorted, 0.75), sorted[0], sorted.Length);
    }

    /// <summary>Between two values in proportion.</summary>
    private static double Quantile(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }
}
