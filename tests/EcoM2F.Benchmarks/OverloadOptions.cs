using System.Globalization;

namespace EcoM2F.Benchmarks;

/// <summary>What the benchmark <c>overload</c> was asked for.</summary>
/// <param name="Rates">Multiples of the capacity at full depth.</param>
/// <param name="Length">Of one run.</param>
/// <param name="Bursty">See <see cref="Arrivals.Make"/>.</param>
internal sealed record OverloadOptions(IReadOnlyList<double> Rates, TimeSpan Length, bool Bursty)
{
    private const string Bursts = "gamma";
    private const string Seconds = "seconds=";

    private static readonly double[] UsualRates = [0.5, 0.9, 1.3, 2];

    /// <returns>Null: not understood.</returns>
    public static OverloadOptions? Parse(IEnumerable<string> arguments)
    {
        var (rates, length, bursty) = (new List<double>(), 30.0, false);
        foreach (var argument in arguments)
        {
            if (argument == Bursts)
            {
                bursty = true;
            }
            else if (argument.StartsWith(Seconds, StringComparison.Ordinal) && Number(argument[Seconds.Length..], 600) is { } seconds)
            {
                length = seconds;
            }
            else if (Number(argument, 100) is { } rate)
            {
                rates.Add(rate);
            }
            else
            {
                return null;
            }
        }

        return new OverloadOptions(rates.Count > 0 ? rates : UsualRates, TimeSpan.FromSeconds(length), bursty);
    }

    private static double? Number(string text, double most) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value > 0 && value <= most ? value : null;
}
