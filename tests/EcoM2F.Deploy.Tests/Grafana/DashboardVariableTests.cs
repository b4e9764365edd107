using System.Text.Json;
using System.Text.RegularExpressions;

namespace EcoM2F.Deploy.Tests.Grafana;

public sealed partial class DashboardVariableTests
{
    /// <summary>Grafana's own variables; each is a duration.</summary>
    private static readonly string[] Durations = ["__rate_interval", "__interval", "__range"];

    /// <summary>Those of ours that filter; each is a pattern.</summary>
    private static readonly string[] Filters = ["model", "instance"];

    private readonly Dashboard _sut = Dashboard.EcoM2F;

    public static TheoryData<string> Places => [.. Dashboard.EcoM2F.Queries.Select(static query => query.Place)];

    [Fact]
    public void Variables_AreDataSourceModelAndInstance() =>
        Assert.Equal(["datasource", .. Filters], _sut.Variables.Select(static each => Text(each, "name")));

    [Fact]
    public void Variables_ThatFilter_TakeManyAndAllOfThem() => Assert.All(_sut.Variables.Where(static each => Text(each, "type") == "query"), static each =>
    {
        Assert.True(each.GetProperty("multi").GetBoolean());
        Assert.True(each.GetProperty("includeAll").GetBoolean());
        Assert.Equal(".*", Text(each, "allValue"));
        Assert.Matches(LabelValues(), Text(each, "definition"));
        Assert.Equal(Text(each, "definition"), Text(each.GetProperty("query"), "query"));
    });

    [Theory]
    [MemberData(nameof(Places))]
    public void Variables_InAQuery_AreWholeLabelValuesOrDurations(string place)
    {
        var query = _sut.Queries.Single(each => each.Place == place);
        var filters = FilterByVariable().Matches(query.Expression).Select(static match => match.Groups["name"].Value).ToArray();
        var durations = DurationByVariable().Matches(query.Expression).Select(static match => match.Groups["name"].Value).ToArray();

        Assert.All(filters, static name => Assert.Contains(name, Filters));
        Assert.All(durations, static name => Assert.Contains(name, Durations));
        Assert.Equal(DashboardQuery.Variable().Count(query.Expression), filters.Length + durations.Length);
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void Selectors_InAQuery_FilterByInstance(string place)
    {
        var query = _sut.Queries.Single(each => each.Place == place);

        Assert.NotEmpty(query.Selectors);
        Assert.All(query.Selectors, static selector => Assert.Contains("instance", selector.Labels));
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void Queries_OverReplicas_NeverAverageAverages(string place) =>
        Assert.DoesNotMatch(@"\b(avg|quantile|avg_over_time)\b", _sut.Queries.Single(each => each.Place == place).WithoutStrings);

    private static string Text(JsonElement json, string property) => json.GetProperty(property).GetString()!;

    [GeneratedRegex(@"^label_values\(\w+, \w+\)$")]
    private static partial Regex LabelValues();

    /// <summary>A label matched against nothing but the variable.</summary>
    [GeneratedRegex(@"[{,]\s*(?<name>\w+)=~""\$\k<name>""")]
    private static partial Regex FilterByVariable();

    [GeneratedRegex(@"(\[|offset )\$(?<name>__\w+)\b")]
    private static partial Regex DurationByVariable();
}
