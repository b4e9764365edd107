using System.Text.RegularExpressions;

namespace EcoM2F.Deploy.Tests.Documentation;

/// <summary>A family of <c>/metrics</c>: name, type, and the labels of its samples in order of name (without <c>le</c>).</summary>
internal sealed partial record MetricFamily(string Name, string Type, string Labels)
{
    public static IReadOnlyList<MetricFamily> Parse(string metrics)
    {
        var lines = metrics.Split('\n');
        return [.. Head().Matches(metrics).Select(head =>
        {
            var name = head.Groups["name"].Value;
            var samples = lines.Where(line => Regex.IsMatch(line, $"^{name}(_bucket|_sum|_count)?[{{ ]"));
            var labels = samples.SelectMany(static line => Label().Matches(line)).Select(static label => label.Groups[1].Value).Where(static label => label != "le");
            return new MetricFamily(name, head.Groups["type"].Value, Sorted(labels));
        })];
    }

    public static string Sorted(IEnumerable<string> labels) => string.Join(' ', labels.Distinct().Order(StringComparer.Ordinal));

    [GeneratedRegex("^# TYPE (?<name>[a-z0-9_]+) (?<type>[a-z]+)$", RegexOptions.Multiline)]
    private static partial Regex Head();

    [GeneratedRegex("[{,]([a-z_]+)=\"")]
    private static partial Regex Label();
}
