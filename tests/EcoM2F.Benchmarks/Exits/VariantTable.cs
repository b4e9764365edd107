using System.Globalization;
using EcoM2F.Recipe.Evaluation;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Benchmarks.Exits;

/// <summary>Tables of Markdown: a row for each variant.</summary>
/// <param name="exits">Of the model.</param>
internal sealed class VariantTable(IReadOnlyList<int> exits, IReadOnlyList<VariantPoint> points)
{
    private const string NoMap = "no map";

    /// <summary>Exits that every variant is for: one layer behind the last of them is still less than the whole encoder.</summary>
    private readonly IReadOnlyList<int> _compared = [.. exits.SkipLast(2)];

    /// <param name="values">By point.</param>
    public void PrintValues(string title, string format, IReadOnlyList<double> values)
    {
        var mapped = exits.SkipLast(1).ToList();
        Console.WriteLine($"\n| {title} | {string.Join(" | ", mapped.Select(static exit => string.Create(CultureInfo.InvariantCulture, $"exit {exit}")))} |\n|---|{string.Concat(mapped.Select(static _ => "---|"))}");
        foreach (var variant in points.Select(static point => point.Variant).Distinct())
        {
            Console.WriteLine($"| {variant?.Name ?? NoMap} | {string.Join(" | ", mapped.Select(exit => Of(variant, exit) is { } at ? values[at].ToString(format, CultureInfo.InvariantCulture) : ""))} |");
        }
    }

    /// <summary>What variants gain over the plain map of the same exit, mean of the compared exits, and what one layer more with its plain map gains.</summary>
    /// <param name="extra">GMACs of a variant; null: of a layer.</param>
    public void PrintGains(string title, IReadOnlyList<ISetMetric> sets, Func<MapVariant?, double> extra)
    {
        Console.WriteLine($"\n| {title}: over the plain map, mean of exits {string.Join(", ", _compared)} | gain, points (95%) | extra GMACs | gain per 0.1 GMACs |\n|---|---|---|---|");
        var plain = Mean(MapVariant.Plain, _compared);
        foreach (var variant in MapVariant.All.Where(static variant => variant != MapVariant.Plain))
        {
            Print(variant.Name, Mean(variant, _compared), extra(variant) - extra(MapVariant.Plain));
        }

        Print("one layer more, plain map", Mean(MapVariant.Plain, [.. exits.Skip(1).SkipLast(1)]), extra(null));

        ISetMetric Mean(MapVariant variant, IReadOnlyList<int> of) => new MeanOfMetrics([.. of.Select(exit => sets[Of(variant, exit)!.Value])]);

        void Print(string name, ISetMetric set, double gmacs)
        {
            var gain = Bootstrap.Difference(set, plain);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {100 * gain.Difference:+0.0;-0.0;0.0} [{100 * gain.Low:+0.0;-0.0;0.0}, {100 * gain.High:+0.0;-0.0;0.0}] | {gmacs:0.000} | {100 * gain.Difference / gmacs / 10:+0.0;-0.0;0.0} |"));
        }
    }

    private int? Of(MapVariant? variant, int exit)
    {
        var place = points.TakeWhile(point => point.Variant != variant || point.Exit != exit).Count();
        return place < points.Count ? place : null;
    }
}
