using System.Globalization;
using System.Text.RegularExpressions;
using EcoM2F.TestSupport;
using YamlDotNet.RepresentationModel;

namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>What every rule must bring, whatever it says.</summary>
public sealed partial class RuleFileTests
{
    private const int MaxIntervalSeconds = 15;

    private static readonly string[] Severities = ["critical", "warning"];

    public static TheoryData<string> AlertNames { get; } = [.. RuleFiles.Alerts.Select(static alert => alert.Alert).Distinct()];

    [Fact]
    public void Alerts_AreTheOnesThatOperatorsKnow() => Assert.Equal(
        [
            "EcoM2FBrownout", "EcoM2FCostDrift", "EcoM2FDepthJumped", "EcoM2FDown", "EcoM2FErrorRatioHigh", "EcoM2FGateCollapsed",
            "EcoM2FLatencyHigh", "EcoM2FMemoryGrows", "EcoM2FNotReady", "EcoM2FRequestsRefused", "EcoM2FRestarts", "EcoM2FUnfamiliarImages",
        ],
        RuleFiles.Alerts.Select(static alert => alert.Alert).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(AlertNames))]
    public void Alert_HasWhatOnePagedNeeds(string name) => Assert.All(RuleFiles.Alerts.Where(alert => alert.Alert == name), alert =>
    {
        Assert.Matches("^[1-9][0-9]*m$", alert.For);
        Assert.Contains(alert.Labels["severity"], Severities);
        Assert.NotEmpty(alert.Annotations["summary"]);
        Assert.Matches(@"\{\{.*\}\}", alert.Annotations["description"]);
        Assert.Equal($"docs/operations.md#{name.ToLowerInvariant()}", alert.Annotations["runbook_url"]);
    });

    [Theory]
    [MemberData(nameof(AlertNames))]
    public void Alert_RunbookLink_LeadsToAHeading(string name)
    {
        var page = Path.Combine(RepositoryPaths.Root, "docs", "operations.md");

        Assert.True(File.Exists(page), $"{page} should have the runbook.");
        Assert.Single(File.ReadLines(page), line => Heading().Match(line) is { Success: true } match && match.Groups["text"].Value.Trim('`', ' ') == name);
    }

    [Theory]
    [MemberData(nameof(AlertNames))]
    public void Alert_IsTestedInBothDirections(string name)
    {
        var expectations = RuleTests("alert_rule_test").Where(test => Yaml.Text(test, "alertname") == name).Select(static test => Yaml.Children(test, "exp_alerts").Count()).ToList();

        Assert.Contains(expectations, static alerts => alerts > 0);
        Assert.Contains(0, expectations);
    }

    [Fact]
    public void RecordingRules_AreEachTestedWithAValue()
    {
        var tested = RuleTests("promql_expr_test").Where(static test => Yaml.Children(test, "exp_samples").Any()).Select(static test => Yaml.Text(test, "expr")).ToList();

        Assert.All(RuleFiles.Recordings, rule => Assert.Contains(tested, expression => expression.Contains($"({rule.Record},", StringComparison.Ordinal)));
    }

    [Fact]
    public void RecordingRules_AreNamedLevelMetricOperation() => Assert.All(RuleFiles.Recordings, static rule => Assert.Matches(
        "^(job|instance|reason|model(_[a-z]+)*):ecom2f_[a-z_]+:(mean|(increase|([a-z]+[0-9]*_)?rate))([0-9]+[md])$", rule.Record));

    [Fact]
    public void Groups_AreEvaluatedOftenEnough() => Assert.All(RuleFiles.Intervals, static group => Assert.InRange(Seconds(group.Interval), 1, MaxIntervalSeconds));

    [Theory]
    [InlineData("scrape_interval")]
    [InlineData("evaluation_interval")]
    public void Configuration_IntervalsAreShortEnough(string key)
    {
        var global = ((YamlMappingNode)Yaml.Load(PrometheusFolder.Configuration))["global"];

        Assert.InRange(Seconds(Yaml.Text(global, key)), 1, MaxIntervalSeconds);
    }

    private static IEnumerable<YamlNode> RuleTests(string kind) => PrometheusFolder.Tests
        .SelectMany(static file => Yaml.Children(Yaml.Load(file), "tests"))
        .SelectMany(test => Yaml.Children(test, kind));

    private static int Seconds(string interval)
    {
        Assert.Matches("^[0-9]+s$", interval);
        return int.Parse(interval.AsSpan(0, interval.Length - 1), CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("^#{1,6} +(?<text>.*)$")]
    private static partial Regex Heading();
}
