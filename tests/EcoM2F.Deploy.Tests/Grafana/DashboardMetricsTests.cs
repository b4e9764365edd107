using System.Text.RegularExpressions;
using EcoM2F.Deploy.Tests.Monitoring;

namespace EcoM2F.Deploy.Tests.Grafana;

/// <summary>The dashboard's names beside those of the real service.</summary>
[Collection(typeof(MonitoredServiceGroup))]
public sealed partial class DashboardMetricsTests(MonitoredService service)
{
    /// <summary>Labels that Prometheus gives to what it scrapes.</summary>
    private static readonly string[] ScrapeLabels = ["instance", "job"];

    [Fact]
    public async Task Metrics_OfEveryQuery_AreTheServicesWithTheseLabels()
    {
        var labels = Labels(await service.ScrapeAsync());

        Assert.All(Dashboard.EcoM2F.Queries.SelectMany(static query => query.Selectors, static (query, selector) => (query.Place, selector.Metric, selector.Labels)), used =>
        {
            Assert.True(labels.ContainsKey(used.Metric), $"{used.Place}: the service has no {used.Metric}");
            Assert.All(used.Labels, label => Assert.True(ScrapeLabels.Contains(label) || labels[used.Metric].Contains(label), $"{used.Place}: {used.Metric} has no label {label}"));
        });
    }

    [Fact]
    public async Task GroupingLabels_OfEveryQuery_AreThoseOfItsMetrics()
    {
        var labels = Labels(await service.ScrapeAsync());

        Assert.All(Dashboard.EcoM2F.Queries.SelectMany(static query => query.GroupingLabels, static (query, label) => (query, label)), used =>
            Assert.True(ScrapeLabels.Contains(used.label) || used.query.Selectors.Any(selector => labels[selector.Metric].Contains(used.label)), $"{used.query}: nothing has the label {used.label}"));
    }

    [Fact]
    public void Metrics_InEveryQuery_StandInSelectors() => Assert.All(Dashboard.EcoM2F.Queries, static query =>
        Assert.Equal(query.Selectors.Count(), OwnName().Count(query.WithoutStrings)));

    [Fact]
    public async Task Variables_ThatFilter_FindTheirValues()
    {
        foreach (var (name, expected) in new[] { ("model", service.Model), ("instance", service.Instance) })
        {
            var definition = Dashboard.EcoM2F.Variables.Single(each => each.GetProperty("name").GetString() == name).GetProperty("definition").GetString()!;
            var match = LabelValues().Match(definition);
            var samples = await service.QueryAsync($"count by ({match.Groups["label"].Value}) ({match.Groups["metric"].Value})");

            Assert.Equal([expected], samples.Select(sample => sample.Label(match.Groups["label"].Value)));
        }
    }

    /// <summary>Label names by sample name.</summary>
    private static Dictionary<string, HashSet<string>> Labels(string metrics) => Sample().Matches(metrics)
        .GroupBy(static match => match.Groups["name"].Value)
        .ToDictionary(static group => group.Key, static group => group.SelectMany(static match => LabelName().Matches(match.Groups["labels"].Value)).Select(static label => label.Groups["name"].Value).ToHashSet());

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>.*)\})? ", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex("(?<name>[a-zA-Z_][a-zA-Z0-9_]*)=\"")]
    private static partial Regex LabelName();

    [GeneratedRegex(@"\b(ecom2f|process|dotnet|http|kestrel)_\w+")]
    private static partial Regex OwnName();

    [GeneratedRegex(@"^label_values\((?<metric>\w+), (?<label>\w+)\)$")]
    private static partial Regex LabelValues();
}
