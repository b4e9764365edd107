using EcoM2F.Recipe.Evaluation;

namespace EcoM2F.Recipe.Reports;

/// <summary>Quality against compute: the frontier of the fixed points as a line, every other policy as a mark with its interval.</summary>
/// <param name="cost">Along the horizontal axis.</param>
internal sealed class ScatterChart(EvaluationResult result, string unit, ChartCost cost, int width, int height)
{
    private const int Left = 46;
    private const int Right = 16;
    private const int Top = 14;
    private const int Bottom = 42;

    private readonly Axis _x = Axis.Around(All(result).Select(cost.Of), Left, width - Right);
    private readonly Axis _y = Axis.Around(All(result).SelectMany(static policy => (double[])[100 * policy.Quality.Low, 100 * policy.Quality.High]), height - Bottom, Top);

    public Html ToSvg() => Html.Of($"""
        <svg viewBox="0 0 {width} {height}" role="img" aria-label="Quality against compute">
        {Grid()}{Staircase()}{Html.Each(All(result), Interval)}{Html.Each(All(result), Mark)}{Html.Each(Line(), policy => Text(policy, 20, NameOf(policy)))}{GateNames()}
        <text class="axis" x="{(Left + width - Right) / 2}" y="{height - 8}" text-anchor="middle">{cost.Name}</text>
        <text class="axis" x="12" y="{(Top + height - Bottom) / 2}" text-anchor="middle" transform="rotate(-90 12 {(Top + height - Bottom) / 2})">{unit}, points</text>
        </svg>
        """);

    /// <summary>What is drawn later lies above: gates are what the chart is about.</summary>
    private static IEnumerable<PolicyResult> All(EvaluationResult result) => result.Statics.Concat(result.Policies).Distinct()
        .Where(static policy => double.IsFinite(policy.Quality.Value)).OrderBy(static policy => policy.Policy.Kind == PolicyKind.Gate);

    private Html Grid() => Html.Of($"""
        {Html.Each(_y.Ticks((height - Bottom - Top) / 48), tick => Html.Of($"""<line class="grid" x1="{Left}" x2="{width - Right}" y1="{_y.At(tick):0.#}" y2="{_y.At(tick):0.#}"/><text class="tick" x="{Left - 6}" y="{_y.At(tick) + 4:0.#}" text-anchor="end">{tick:0.##}</text>"""))}
        {Html.Each(_x.Ticks((width - Left - Right) / 80), tick => Html.Of($"""<line class="grid" y1="{Top}" y2="{height - Bottom}" x1="{_x.At(tick):0.#}" x2="{_x.At(tick):0.#}"/><text class="tick" x="{_x.At(tick):0.#}" y="{height - Bottom + 16}" text-anchor="middle">{tick:0.##}</text>"""))}
        """);

    /// <summary>Where only depth is chosen every exit, so that it shows what that does; else those that are worth having.</summary>
    private IEnumerable<PolicyResult> Line() =>
        result.Set.Model.HasPoints ? result.Frontier(cost.Of) : result.Statics.Where(static policy => double.IsFinite(policy.Quality.Value));

    private Html Staircase() => Html.Of($"""<polyline class="line static" points="{Html.Each(Line(), policy => Html.Of($"{X(policy):0.#},{Y(policy):0.#} "))}"/>""");

    private Html Interval(PolicyResult policy) => Html.Of(
        $"""<line class="interval {PolicyStyle.Class(policy.Policy.Kind)}" x1="{X(policy):0.#}" x2="{X(policy):0.#}" y1="{_y.At(100 * policy.Quality.Low):0.#}" y2="{_y.At(100 * policy.Quality.High):0.#}"/>""");

    private Html Mark(PolicyResult policy) => Html.Of(
        $"""<g><title>{policy.Policy.Name}: {100 * policy.Quality.Value:0.00} [{100 * policy.Quality.Low:0.0}, {100 * policy.Quality.High:0.0}] at {policy.Gmacs:0.00} GMACs, {policy.Milliseconds:0.0} ms, mean depth {policy.MeanDepth:0.00}</title>{PolicyStyle.Mark(policy.Policy.Kind, X(policy), Y(policy))}</g>""");

    /// <summary>Above their marks; one that would run into its neighbour's is lifted over it. The rest is named by the tables.</summary>
    private Html GateNames()
    {
        const int LetterWidth = 7;
        var (names, end, lift) = (new List<Html>(), double.NegativeInfinity, 0);
        foreach (var policy in All(result).Where(static policy => policy.Policy is { Kind: PolicyKind.Gate, Unguarded: false }).OrderBy(cost.Of))
        {
            var (x, half) = (X(policy), policy.Policy.Profile!.Length * LetterWidth / 2);
            lift = x - half < end ? lift + 15 : 0;
            end = x + half;
            names.Add(Text(policy, -13 - lift, policy.Policy.Profile));
        }

        return Html.Join(names);
    }

    private Html Text(PolicyResult policy, int below, string text) => Html.Of(
        $"""<text class="label {PolicyStyle.Class(policy.Policy.Kind)}" x="{X(policy):0.#}" y="{Y(policy) + below:0.#}" text-anchor="middle">{text}</text>""");

    private string NameOf(PolicyResult policy) =>
        ModelPoints.Name(result.Set.Model, policy.Policy.PointOf(result.Set.Model));

    private double X(PolicyResult policy) => _x.At(cost.Of(policy));

    private double Y(PolicyResult policy) => _y.At(100 * policy.Quality.Value);
}

/// <param name="Name">Of the axis.</param>
internal sealed record ChartCost(string Name, Func<PolicyResult, double> Of)
{
    public static ChartCost Gmacs { get; } = new("GMACs an image", static policy => policy.Gmacs);

    public static ChartCost Milliseconds { get; } = new("milliseconds an image", static policy => policy.Milliseconds);
}
