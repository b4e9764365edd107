using System.Globalization;

namespace EcoM2F.Benchmarks.Load;

/// <summary>What the benchmark <c>overload</c> was asked for.</summary>
/// <param name="Rates">Multiples of the capacity at full depth.</param>
/// <param name="Length">Of one run.</param>
/// <param name="Bursty">See <see cref="Arrivals.Make"/>.</param>
internal sealed record OverloadOptions(IReadOnlyList<double> Rates, TimeSpan Length, bool Bursty)
{
    private const string Bursts = "gamma";
    private const string Deadlines = "deadlines";

    private static readonly double[] UsualRates = [0.5, 0.9, 1.3, 2];

    /// <summary>Whether every request has the second within which it counts as its deadline.</summary>
    public bool WithDeadlines { get; private init; }

    /// <summary>Derived rows of the photos; null: quality is not known.</summary>
    public string? Rows { get; private init; }

    /// <summary>Folder of photos; null: the tests'.</summary>
    public string? Photos { get; private init; }

    /// <summary>Targets of the law of load to compare, in milliseconds; none: its own beside none and beside the shallowest exit.</summary>
    public IReadOnlyList<int> Targets { get; private init; } = [];

    /// <returns>Null: not understood.</returns>
    public static OverloadOptions? Parse(IEnumerable<string> arguments)
    {
        var (rates, options) = (new List<double>(), new OverloadOptions([], TimeSpan.FromSeconds(30), Bursty: false));
        foreach (var argument in arguments)
        {
            var (key, value) = argument.Split('=', 2) is [var name, var given] ? (name, given) : (argument, "");
            if (Number(argument, 100) is { } rate)
            {
                rates.Add(rate);
            }
            else if (options.With(key, value) is { } changed)
            {
                options = changed;
            }
            else
            {
                return null;
            }
        }

        return options with { Rates = rates.Count > 0 ? rates : UsualRates };
    }

    private OverloadOptions? With(string key, string value) => key switch
    {
        Bursts => this with { Bursty = true },
        Deadlines => this with { WithDeadlines = true },
        "seconds" when Number(value, 600) is { } seconds => this with { Length = TimeSpan.FromSeconds(seconds) },
        "targets" when value.Split(',').Select(static text => Number(text, 600_000)).ToList() is var targets && targets.TrueForAll(static target => target >= 1) => this with { Targets = [.. targets.Select(static target => (int)target!)] },
        "rows" when File.Exists(value) => this with { Rows = value },
        "photos" when Directory.Exists(value) => this with { Photos = value },
        _ => null,
    };

    private static double? Number(string text, double most) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value > 0 && value <= most ? value : null;
}
