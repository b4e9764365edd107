namespace EcoM2F.Recipe.Reports;

/// <summary>Numbers along one side of a chart.</summary>
/// <param name="Least">Number at <paramref name="Start"/>.</param>
/// <param name="Most">Number at <paramref name="End"/>.</param>
/// <param name="Start">Pixels.</param>
/// <param name="End">Pixels; below <paramref name="Start"/> for an axis that points up.</param>
internal readonly record struct Axis(double Least, double Most, double Start, double End)
{
    public double At(double value) => Start + ((value - Least) / (Most - Least) * (End - Start));

    /// <summary>Round numbers, about so many.</summary>
    public IEnumerable<double> Ticks(int about)
    {
        var rough = (Most - Least) / Math.Max(about, 1);
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = power * ((rough / power) switch { < 1.5 => 1, < 3.5 => 2, < 7.5 => 5, _ => 10 });
        for (var i = Math.Ceiling((Least / step) - 1e-9); i * step <= Most + (step * 1e-9); i++)
        {
            yield return i * step;
        }
    }

    /// <summary>Room for numbers, with a margin on both sides; of equal numbers something to see all the same.</summary>
    public static Axis Around(IEnumerable<double> values, double start, double end)
    {
        double[] finite = [.. values.Where(double.IsFinite)];
        var (least, most) = finite.Length == 0 ? (0.0, 1.0) : (finite.Min(), finite.Max());
        var margin = Math.Max((most - least) * 0.06, Math.Max(Math.Abs(most), 1) * 0.005);
        return new Axis(least - margin, most + margin, start, end);
    }
}
