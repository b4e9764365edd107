namespace EcoM2F.Benchmarks.Load;

/// <summary>When requests come, whether or not earlier ones are answered: the same for the same seed.</summary>
internal static class Arrivals
{
    private const int Seed = 20260;

    /// <summary>Squared coefficient of variation of the gaps: bursts, and silence between them.</summary>
    private const double BurstyVariation = 4;

    /// <param name="rate">Requests a second in the mean.</param>
    /// <param name="bursty">Gaps from a gamma distribution whose squared coefficient of variation is 4; otherwise a Poisson process.</param>
    /// <returns>Times from the start, ascending, within <paramref name="length"/>.</returns>
    public static IReadOnlyList<TimeSpan> Make(double rate, TimeSpan length, bool bursty)
    {
        var random = new Random(Seed);
        var times = new List<TimeSpan>();
        for (var time = Gap(); time < length.TotalSeconds; time += Gap())
        {
            times.Add(TimeSpan.FromSeconds(time));
        }

        return times;

        double Gap() => bursty ? Gamma(random, 1 / BurstyVariation) * BurstyVariation / rate : Exponential(random) / rate;
    }

    /// <summary>Of mean 1.</summary>
    private static double Exponential(Random random) => -Math.Log(1 - random.NextDouble());

    /// <summary>Gamma of scale 1: a beta variable of (shape, 1 - shape) by Jöhnk's rejection, times an exponential one.</summary>
    /// <param name="shape">Between 0 and 1.</param>
    private static double Gamma(Random random, double shape)
    {
        while (true)
        {
            var x = Math.Pow(random.NextDouble(), 1 / shape);
            var y = Math.Pow(random.NextDouble(), 1 / (1 - shape));
            if (x + y is > 0 and <= 1)
            {
                return x / (x + y) * Exponential(random);
            }
        }
    }
}
