using YamlDotNet.RepresentationModel;

namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>What stands in deploy/prometheus/rules.</summary>
internal static class RuleFiles
{
    public static IReadOnlyList<RuleDefinition> All { get; } = [.. Groups().SelectMany(static group => Yaml.Children(group, "rules")).Select(Read)];

    public static IReadOnlyList<RuleDefinition> Alerts { get; } = [.. All.Where(static rule => rule.Alert.Length > 0)];

    public static IReadOnlyList<RuleDefinition> Recordings { get; } = [.. All.Where(static rule => rule.Record.Length > 0)];

    /// <summary>Name and interval of every group.</summary>
    public static IReadOnlyList<(string Name, string Interval)> Intervals { get; } =
        [.. Groups().Select(static group => (Yaml.Text(group, "name"), Yaml.Text(group, "interval")))];

    private static IEnumerable<YamlNode> Groups() => PrometheusFolder.Rules.SelectMany(static file => Yaml.Children(Yaml.Load(file), "groups"));

    private static RuleDefinition Read(YamlNode rule) => new(
        Yaml.Text(rule, "record"),
        Yaml.Text(rule, "alert"),
        Yaml.Text(rule, "expr"),
        Yaml.Text(rule, "for"),
        Yaml.Map(rule, "labels"),
        Yaml.Map(rule, "annotations"));
}
