using EcoM2F.Recipe.Evaluation;
using EcoM2F.Recipe.Thresholds;

namespace EcoM2F.Recipe.Reports;

/// <summary>The numbers of a report.</summary>
internal static class ReportTables
{
    public static Html Policies(EvaluationResult result, string unit) => Html.Of($"""
        <div class="scroll"><table><thead><tr><th>policy</th><th>{unit}</th><th>95%</th><th>images</th><th>depth</th><th>GMACs</th><th>ms</th><th>images/s</th></tr></thead><tbody>
        {Html.Each(result.Policies, static policy => Html.Of($"""
            <tr><td><i class="dot {PolicyStyle.Class(policy.Policy.Kind)}"></i>{policy.Policy.Name}</td><td><b>{Points(policy.Quality.Value)}</b></td><td>{Points(policy.Quality.Low)} to {Points(policy.Quality.High)}</td><td>{Points(policy.ImageQuality)}</td><td>{policy.MeanDepth:0.00}</td><td>{policy.Gmacs:0.00}</td><td>{policy.Milliseconds:0.0}</td><td>{policy.ImagesPerSecond:0.0}</td></tr>
            """))}
        </tbody></table></div>
        """);

    public static Html Comparisons(EvaluationResult result) => Html.Of($"""
        <div class="scroll"><table><thead><tr><th>policy</th><th>against</th><th>difference</th><th>95%</th><th>detectable</th><th></th></tr></thead><tbody>
        {Html.Each(result.Comparisons, static item => Html.Of($"""
            <tr><td>{item.Policy}</td><td>{item.Against}</td><td><b>{Signed(item.Difference.Difference)}</b></td><td>{Signed(item.Difference.Low)} to {Signed(item.Difference.High)}</td><td>{Points(item.Difference.Detectable)}</td><td>{Verdict(item)}</td></tr>
            """))}
        </tbody></table></div>
        """);

    /// <summary>Classes that occur, at the ends of the static line and under every gate.</summary>
    public static Html Classes(EvaluationResult result)
    {
        var classes = result.Set.Set.Classes;
        PolicyResult[] columns = [result.Statics[0], result.Full, .. result.Policies.Where(static policy => policy.Policy.Kind == PolicyKind.Gate)];
        var occurring = Enumerable.Range(0, classes.Count).Where(id => columns.Any(column => !double.IsNaN(column.PerClass[id])));
        return Html.Of($"""
            <div class="scroll"><table><thead><tr><th>class</th>{Html.Each(columns, static column => Html.Of($"<th>{column.Policy.Name}</th>"))}</tr></thead><tbody>
            {Html.Each(occurring, id => Html.Of($"""<tr><td>{classes[id].Name}</td>{Html.Each(columns, column => Html.Of($"<td>{Points(column.PerClass[id])}</td>"))}</tr>"""))}
            </tbody></table></div>
            """);
    }

    public static Html Thresholds(ThresholdTuning tuning) => Html.Of($"""
        <div class="scroll"><table><thead><tr><th>class</th><th>objects</th><th>threshold</th><th>first half</th><th>second half</th><th>{tuning.Metric} now</th><th>held out</th></tr></thead><tbody>
        {Html.Each(tuning.Classes, static item => Html.Of($"""
            <tr><td>{item.Name}</td><td>{item.Objects}</td><td><b>{Threshold(item.Threshold)}</b></td><td>{Threshold(item.First)}</td><td>{Threshold(item.Second)}</td><td>{Points(item.QualityNow)}</td><td>{Points(item.QualityTuned)}</td></tr>
            """))}
        </tbody></table></div>
        """);

    /// <summary>A class's own threshold, or that it keeps the model's.</summary>
    public static string Threshold(float? threshold) => threshold?.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture) ?? "own";

    public static string Points(double fraction) => double.IsNaN(fraction) ? "–" : (100 * fraction).ToString("0.00", System.Globalization.CultureInfo.InvariantCulture);

    public static string Signed(double fraction) => double.IsNaN(fraction) ? "–" : (100 * fraction).ToString("+0.00;−0.00;0.00", System.Globalization.CultureInfo.InvariantCulture);

    private static Html Verdict(PolicyComparison item) => item.Difference switch
    {
        { Low: > 0 } => Html.Of($"""<span class="better">better</span>"""),
        { High: < 0 } => Html.Of($"""<span class="worse">worse</span>"""),
        _ => Html.Of($"""<span class="open">not told apart</span>"""),
    };
}
