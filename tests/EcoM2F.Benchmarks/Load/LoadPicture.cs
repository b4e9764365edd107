using System.Globalization;
using System.Text;

namespace EcoM2F.Benchmarks.Load;

/// <summary>
/// Draws what happens while the load rises and falls, second by second, with the law of load and without: answers in time, refusals, mean depth. An SVG
/// with its own styles, for light and dark pages.
/// </summary>
internal static class LoadPicture
{
    private const int Width = 760, Left = 64, Right = 16, Top = 34, PanelHeight = 130, Gap = 34;

    /// <summary>Times the capacity at full depth, and for how long.</summary>
    private static readonly (double Rate, int Seconds)[] Phases = [(0.5, 12), (1.3, 12), (2, 12), (3, 12), (0.5, 15)];

    private static readonly (string Name, string Style, string[] Settings)[] Modes =
        [("law of load", "on", []), ("without it", "off", ["--Scheduling:TargetMilliseconds", "0"])];

    private static int Seconds => Phases.Sum(static phase => phase.Seconds);

    private static double X(double second) => Left + (second / Seconds * (Width - Left - Right));

    public static async Task RunAsync(string file)
    {
        var photos = Photos.Read().Select(static photo => photo.Bytes).ToList();
        var capacity = await OverloadBenchmark.MeasureCapacityAsync(photos);
        var arrivals = ArrivalsAt(capacity);
        var runs = new List<(string Style, OverloadAnswer[] Answers)>();
        foreach (var (_, style, settings) in Modes)
        {
            await using var service = await LoadedService.StartAsync(models: null, settings);
            await service.RunClosedAsync(photos, 40, 8, "");
            runs.Add((style, await OpenLoop.RunAsync(service, photos, "", arrivals)));
        }

        var temporary = file + ".tmp";
        await File.WriteAllTextAsync(temporary, Draw(arrivals, runs));
        File.Move(temporary, file, overwrite: true);
        foreach (var (style, answers) in runs)
        {
            Console.WriteLine(FormattableString.Invariant($"{style}: {answers.Count(IsInTime)} of {answers.Length} in time, {answers.Count(static answer => !answer.IsServed)} refused, mean depth {answers.Where(static answer => answer.IsServed).Average(static answer => answer.Depth):0.00}"));
        }
    }

    private static List<TimeSpan> ArrivalsAt(double capacity)
    {
        var (all, start) = (new List<TimeSpan>(), TimeSpan.Zero);
        foreach (var (rate, seconds) in Phases)
        {
            var length = TimeSpan.FromSeconds(seconds);
            all.AddRange(Arrivals.Make(rate * capacity, length, bursty: false).Select(time => start + time));
            start += length;
        }

        return all;
    }

    private static bool IsInTime(OverloadAnswer answer) => answer.IsServed && answer.Latency <= OverloadBenchmark.Deadline;

    private static string Draw(IReadOnlyList<TimeSpan> arrivals, List<(string Style, OverloadAnswer[] Answers)> runs)
    {
        var rates = PerSecond(arrivals.Select(static due => (due, 1.0))).ToArray();
        var most = Math.Ceiling((rates.Max() + 1) / 10) * 10;
        var svg = new StringBuilder();
        var height = Top + (3 * (PanelHeight + Gap)) + 8;
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" role="img" aria-label="Answers in time, refusals and mean depth while the load rises to three times the capacity and falls again, with the law of load and without it" font-family="system-ui, sans-serif" font-size="12">""");
        svg.AppendLine("<style>svg{background:#fff;--ink:#1f2430;--soft:#8a93a3;--line:#e3e7ed;--on:#0b7a55;--off:#c2410c}@media (prefers-color-scheme:dark){svg{background:#12161d;--ink:#e6e9ef;--soft:#8791a3;--line:#2a313d;--on:#3ddc97;--off:#fb923c}}text{fill:var(--ink)}.soft{fill:var(--soft)}.grid{stroke:var(--line)}.came{fill:var(--line)}.on{stroke:var(--on)}.off{stroke:var(--off);stroke-dasharray:5 3}.on,.off{fill:none;stroke-width:2;stroke-linejoin:round}</style>");
        AppendLegend(svg);
        AppendPanel(svg, 0, "answers within a second, a second", most, rates, runs, static answers => PerSecond(answers.Where(IsInTime).Select(static answer => (answer.Due, 1.0))));
        AppendPanel(svg, 1, "refused or late, a second", most, null, runs, static answers => PerSecond(answers.Where(static answer => !IsInTime(answer)).Select(static answer => (answer.Due, 1.0))));
        AppendPanel(svg, 2, "mean encoder depth", 6, null, runs, MeanDepth);
        AppendPhases(svg, height);
        svg.AppendLine("</svg>");
        return svg.ToString();
    }

    private static void AppendLegend(StringBuilder svg)
    {
        var x = Left;
        foreach (var (name, style, _) in Modes)
        {
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<path class="{style}" d="M{x} 16h26"/><text x="{x + 32}" y="20">{name}</text>""");
            x += 140;
        }

        svg.AppendLine(CultureInfo.InvariantCulture, $"""<rect class="came" x="{x}" y="9" width="26" height="13"/><text x="{x + 32}" y="20">images that came</text>""");
    }

    private static void AppendPanel(
        StringBuilder svg, int index, string title, double most, double[]? came, List<(string Style, OverloadAnswer[] Answers)> runs, Func<OverloadAnswer[], IEnumerable<double>> values)
    {
        var bottom = Top + ((index + 1) * PanelHeight) + (index * Gap);
        double Y(double value) => bottom - (value / most * (PanelHeight - 18));
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{Left}" y="{bottom - PanelHeight + 12}" font-weight="600">{title}</text>""");
        foreach (var part in (double[])[0, 0.5, 1])
        {
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<path class="grid" d="M{Left} {Y(part * most):0.0}H{Width - Right}"/><text class="soft" x="{Left - 8}" y="{Y(part * most) + 4:0.0}" text-anchor="end">{part * most:0.#}</text>""");
        }

        if (came is not null)
        {
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<path class="came" d="M{Left} {bottom}{string.Concat(came.Select((rate, second) => string.Create(CultureInfo.InvariantCulture, $"L{X(second):0.0} {Y(rate):0.0}L{X(second + 1):0.0} {Y(rate):0.0}")))}V{bottom}Z"/>""");
        }

        foreach (var (style, answers) in runs)
        {
            var points = Smooth([.. values(answers)]).Select((value, second) => string.Create(CultureInfo.InvariantCulture, $"{X(second + 0.5):0.0} {Y(Math.Min(value, most)):0.0}"));
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<path class="{style}" d="M{string.Join('L', points)}"/>""");
        }
    }

    private static void AppendPhases(StringBuilder svg, int height)
    {
        var start = 0;
        foreach (var (rate, seconds) in Phases)
        {
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<path class="grid" d="M{X(start):0.0} {Top}V{height - Gap}"/><text class="soft" x="{X(start + (seconds / 2.0)):0.0}" y="{height - 16}" text-anchor="middle">{rate:0.#} x capacity</text>""");
            start += seconds;
        }
    }

    /// <summary>Sums by the second in which a request came.</summary>
    private static IEnumerable<double> PerSecond(IEnumerable<(TimeSpan Due, double Value)> values)
    {
        var sums = new double[Seconds];
        foreach (var (due, value) in values)
        {
            sums[Math.Min(Seconds - 1, (int)due.TotalSeconds)] += value;
        }

        return sums;
    }

    private static IEnumerable<double> MeanDepth(OverloadAnswer[] answers)
    {
        var served = answers.Where(static answer => answer.IsServed).ToList();
        return PerSecond(served.Select(static answer => (answer.Due, (double)answer.Depth)))
            .Zip(PerSecond(served.Select(static answer => (answer.Due, 1.0))), static (sum, count) => count > 0 ? sum / count : 0);
    }

    /// <summary>Means over three seconds.</summary>
    private static IEnumerable<double> Smooth(double[] values) =>
        values.Select((_, i) => values[Math.Max(0, i - 1)..Math.Min(values.Length, i + 2)].Average());
}
