using System.Text.Json;
using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Grafana;

public sealed partial class DashboardPanelTests
{
    /// <summary>Grafana's own identifiers that the dashboard uses; a wrong one would show bare numbers, silently.</summary>
    private static readonly string[] GrafanaUnits = ["none", "short", "s", "reqps", "percentunit", "bytes"];

    /// <summary>Marks of units that are made up on the spot: text behind the number, or an SI prefix before a unit.</summary>
    private static readonly string[] CustomUnits = ["suffix:", "si:"];

    private static readonly string[] PanelTypes = ["row", "stat", "timeseries", "heatmap", "state-timeline"];

    private readonly Dashboard _sut = Dashboard.EcoM2F;

    [Fact]
    public void Dashboard_Itself_IsComplete()
    {
        Assert.Equal("ecom2f", Text(_sut.Json, "uid"));
        Assert.Equal("browser", Text(_sut.Json, "timezone"));
        Assert.InRange(_sut.Json.GetProperty("schemaVersion").GetInt32(), 41, 42);
        Assert.NotEmpty(_sut.Json.GetProperty("tags").EnumerateArray());
        Assert.NotEmpty(Text(_sut.Json, "refresh"));
        Assert.StartsWith("now-", Text(_sut.Json.GetProperty("time"), "from"), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, _sut.Json.GetProperty("id").ValueKind);
    }

    /// <summary>Pages of Grafana itself, and pages that everybody can reach: a host of ours would be wrong on most machines.</summary>
    [Fact]
    public void Links_OfTheDashboard_LeadSomewhereWhereverItRuns() => Assert.All(
        _sut.Json.GetProperty("links").EnumerateArray().Select(static link => Text(link, "url")),
        static url => Assert.Matches("^(/alerting/list|https://arxiv[.]org/abs/[0-9.]+)$", url));

    [Fact]
    public void Panels_AllTypes_AreBuiltIntoGrafana() => Assert.All(_sut.Panels, static panel => Assert.Contains(panel.Type, PanelTypes));

    [Fact]
    public void Panels_ButRows_SayWhatTheyMeanAndWhatToDo() => Assert.All(Charts(), static panel =>
    {
        Assert.NotEmpty(panel.Title);
        var paragraphs = Text(panel.Json, "description").Split("\n\n");
        Assert.True(paragraphs.Length >= 2 && paragraphs.All(static each => each.Length > 40), $"{panel.Title} says too little");
    });

    [Fact]
    public void Alerts_ThatDescriptionsName_AreThoseOfPrometheus()
    {
        var rules = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "deploy", "prometheus", "rules", "alerts.yml"));
        var named = Charts().SelectMany(static panel => AlertName().Matches(Text(panel.Json, "description"))).Select(static match => match.Groups["name"].Value).Distinct().ToArray();

        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains($"- alert: {name}\n", rules, StringComparison.Ordinal));
    }

    /// <summary>A reader is sent to panels by their titles, in italics.</summary>
    [Fact]
    public void Panels_ThatDescriptionsName_AreThere()
    {
        var titles = _sut.Panels.Select(static panel => panel.Title).ToArray();

        Assert.All(Charts().SelectMany(static panel => PanelName().Matches(Text(panel.Json, "description"))), match =>
            Assert.Contains(match.Groups["name"].Value, titles));
    }

    [Fact]
    public void Panels_ButRows_HaveUnitsThatGrafanaKnows() => Assert.All(Charts().SelectMany(static panel => panel.Units), static unit =>
        Assert.True(GrafanaUnits.Contains(unit) || CustomUnits.Any(mark => unit.StartsWith(mark, StringComparison.Ordinal) && unit.Length > mark.Length), unit));

    [Fact]
    public void Queries_OfPanelsAndAnnotations_AskTheChosenDataSource()
    {
        var targets = Charts().SelectMany(static panel => panel.Targets.Prepend(panel.Json)).Concat(_sut.Annotations).ToArray();

        Assert.NotEmpty(targets);
        Assert.All(targets, static each =>
        {
            Assert.Equal("prometheus", Text(each.GetProperty("datasource"), "type"));
            Assert.Equal("${datasource}", Text(each.GetProperty("datasource"), "uid"));
        });
    }

    [Fact]
    public void Queries_OfAPanel_HaveLettersOfTheirOwnAndALegend() => Assert.All(Charts(), static panel =>
    {
        var letters = panel.Targets.Select(static each => Text(each, "refId")).ToArray();
        Assert.NotEmpty(letters);
        Assert.Distinct(letters);
        Assert.All(panel.Targets, static each => Assert.NotEmpty(Text(each, "legendFormat")));
    });

    [Fact]
    public void Overrides_ByLetter_NameAQueryOfTheirPanel() => Assert.All(Charts(), static panel =>
    {
        var letters = panel.Targets.Select(static each => Text(each, "refId")).ToArray();
        Assert.All(
            panel.Json.GetProperty("fieldConfig").GetProperty("overrides").EnumerateArray().Select(static each => each.GetProperty("matcher")).Where(static each => Text(each, "id") == "byFrameRefID"),
            matcher => Assert.Contains(Text(matcher, "options"), letters));
    });

    [Fact]
    public void HeatMaps_AskForCumulativeBuckets() => Assert.All(Charts().Where(static panel => panel.Type == "heatmap"), static panel =>
    {
        var target = Assert.Single(panel.Targets);
        Assert.Equal("heatmap", Text(target, "format"));
        Assert.Equal("{{le}}", Text(target, "legendFormat"));
        Assert.StartsWith("sum by (le) (", Text(target, "expr"), StringComparison.Ordinal);
        Assert.Contains("_bucket{", Text(target, "expr"), StringComparison.Ordinal);
    });

    private static string Text(JsonElement json, string property) => json.GetProperty(property).GetString()!;

    private IEnumerable<Panel> Charts() => _sut.Panels.Where(static panel => !panel.IsRow);

    [GeneratedRegex("`(?<name>EcoM2F\\w+)`")]
    private static partial Regex AlertName();

    [GeneratedRegex(@"\*(?<name>[A-Z][^*]+)\*")]
    private static partial Regex PanelName();
}
