using System.Text.RegularExpressions;

namespace EcoM2F.Deploy.Tests.Grafana;

/// <summary>One PromQL expression of a dashboard.</summary>
/// <param name="Place">The panel's title and the query's letter, or the annotation's name.</param>
internal sealed partial record DashboardQuery(string Place, string Expression)
{
    /// <summary>The expression without what stands between quotes, so that names are easy to find.</summary>
    public string WithoutStrings => Quoted().Replace(Expression, "\"\"");

    /// <summary>Each selector: a metric's name and the labels that it is filtered by.</summary>
    public IEnumerable<(string Metric, string[] Labels)> Selectors =>
        Selector().Matches(WithoutStrings).Select(static match => (match.Groups["metric"].Value, Label().Matches(match.Groups["filter"].Value).Select(static label => label.Value).ToArray()));

    /// <summary>The labels that it groups or joins by.</summary>
    public IEnumerable<string> GroupingLabels =>
        Grouping().Matches(WithoutStrings).SelectMany(static match => Label().Matches(match.Groups["labels"].Value)).Select(static label => label.Value).Distinct();

    /// <summary>What Prometheus is asked once Grafana has filled in its variables.</summary>
    /// <param name="values">By a variable's name, without the dollar.</param>
    public string Fill(IReadOnlyDictionary<string, string> values) =>
        Variable().Replace(Expression, match => values.TryGetValue(match.Groups["name"].Value, out var value)
            ? value
            : throw new InvalidOperationException($"{Place}: no value for {match.Value}."));

    public override string ToString() => Place;

    [GeneratedRegex(@"\$\{?(?<name>\w+)\}?")]
    public static partial Regex Variable();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"(?<metric>[a-zA-Z_:][a-zA-Z0-9_:]*)\{(?<filter>[^}]*)\}")]
    private static partial Regex Selector();

    [GeneratedRegex(@"\b(by|on)\s*\((?<labels>[^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"[a-zA-Z_]\w*")]
    private static partial Regex Label();
}
