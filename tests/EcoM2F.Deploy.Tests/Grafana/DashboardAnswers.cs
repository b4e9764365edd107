using EcoM2F.Deploy.Tests.Monitoring;

namespace EcoM2F.Deploy.Tests.Grafana;

/// <summary>What Prometheus answers to the dashboard's queries once variables are filled in.</summary>
internal sealed class DashboardAnswers(MonitoredService service)
{
    /// <summary>What Grafana sends for All.</summary>
    private const string All = ".*";

    /// <summary>Longer than the fixture lives, so that a rate counts exactly its second round of requests.</summary>
    private const string Duration = "10m";

    /// <param name="place">A panel's title and a query's letter, or <c>Annotation</c> and its name.</param>
    /// <param name="model">Pattern of the chosen models.</param>
    /// <param name="instance">Pattern of the chosen replicas, as it stands between quotes.</param>
    public Task<IReadOnlyList<PrometheusSample>> AskAsync(string place, string model = All, string instance = All) =>
        service.QueryAsync(Fill(place, model, instance));

    public Task<IReadOnlyList<PrometheusSeries>> AskOverTimeAsync(string place) => service.QueryRangeAsync(Fill(place, All, All));

    /// <summary>The only value of a query.</summary>
    public async Task<double> NumberAsync(string place) => Assert.Single(await AskAsync(place)).Value;

    private static string Fill(string place, string model, string instance) =>
        Dashboard.EcoM2F.Queries.Single(query => query.Place == place).Fill(new Dictionary<string, string>
        {
            ["model"] = model,
            ["instance"] = instance,
            ["__rate_interval"] = Duration,
            ["__interval"] = Duration,
            ["__range"] = Duration,
        });
}
