using EcoM2F.Deploy.Tests.Monitoring;

namespace EcoM2F.Deploy.Tests.Grafana;

/// <summary>Every expression of the dashboard, asked of a real Prometheus that scraped the real service.</summary>
[Collection(typeof(MonitoredServiceGroup))]
public sealed class DashboardEvaluationTests(MonitoredService service)
{
    private readonly DashboardAnswers _sut = new(service);

    public static TheoryData<string> PanelQueries => [.. Dashboard.EcoM2F.Queries.Where(static query => !IsAnnotation(query)).Select(static query => query.Place)];

    public static TheoryData<string> Annotations => [.. Dashboard.EcoM2F.Queries.Where(IsAnnotation).Select(static query => query.Place)];

    /// <summary>What must be 0, not empty, where there is nothing to count.</summary>
    public static TheoryData<string> Counts =>
    [
        "Requests per second A", "Errors and refusals A",
        "Requests per second by outcome A", "Requests per second by outcome B", "Requests per second by outcome C",
        "Errors and refusals over time A", "Errors and refusals over time B", "Errors and refusals over time C", "Errors and refusals over time D",
        "Queue: images B",
    ];

    [Theory]
    [MemberData(nameof(PanelQueries))]
    public async Task PanelQuery_AfterRealRequests_HasNumbers(string place)
    {
        var samples = await _sut.AskAsync(place);

        Assert.NotEmpty(samples);
        Assert.All(samples, static sample => Assert.True(double.IsFinite(sample.Value) && sample.Value >= 0, $"{sample.Value}"));
    }

    [Theory]
    [MemberData(nameof(PanelQueries))]
    public async Task PanelQuery_WithModelAndInstanceChosen_SaysNoLessOfThem(string place)
    {
        var chosen = await _sut.AskAsync(place, service.Model, service.Instance.Replace(".", @"\\.", StringComparison.Ordinal));

        Assert.Equal((await _sut.AskAsync(place)).Count, chosen.Count);
    }

    [Theory]
    [MemberData(nameof(PanelQueries))]
    public async Task PanelQuery_OverTime_IsAccepted(string place) =>
        Assert.NotEmpty(await _sut.AskOverTimeAsync(place));

    [Theory]
    [MemberData(nameof(Annotations))]
    public async Task Annotation_WhileNothingChanged_IsEmpty(string place) => Assert.Empty(await _sut.AskAsync(place));

    [Theory]
    [MemberData(nameof(Counts))]
    public async Task Count_OfAReplicaThatIsNot_IsZero(string place) =>
        Assert.Equal(0, Assert.Single(await _sut.AskAsync(place, ".*", "no-such-replica:1")).Value);

    private static bool IsAnnotation(DashboardQuery query) => query.Place.StartsWith("Annotation ", StringComparison.Ordinal);
}
