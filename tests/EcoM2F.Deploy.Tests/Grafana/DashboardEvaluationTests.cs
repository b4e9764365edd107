using EcoM2F.Deploy.Tests.Monitoring;

namespace EcoM2F.Deploy.Tests.Grafana;

/// <summary>Every expression of the dashboard, asked of a real Prometheus that scraped the real service.</summary>
[Collection(typeof(MonitoredServiceGroup))]
public sealed class DashboardEvaluationTests(MonitoredService service)
{
    /// <summary>Longer than the fixture lives, so that a rate counts exactly its second round of requests.</summary>
    private const string Duration = "10m";

    private const double Tolerance = 1e-6;

    /// <summary>GMACs and what they save stand in an answer's header to three decimals.</summary>
    private const double HeaderTolerance = 2e-3;

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
        var samples = await AskAsync(place);

        Assert.NotEmpty(samples);
        Assert.All(samples, static sample => Assert.True(double.IsFinite(sample.Value) && sample.Value >= 0, $"{sample.Value}"));
    }

    [Theory]
    [MemberData(nameof(PanelQueries))]
    public async Task PanelQuery_WithModelAndInstanceChosen_SaysNoLessOfThem(string place)
    {
        var chosen = await AskAsync(place, service.Model, service.Instance.Replace(".", @"\\.", StringComparison.Ordinal));

        Assert.Equal((await AskAsync(place)).Count, chosen.Count);
    }

    [Theory]
    [MemberData(nameof(PanelQueries))]
    public async Task PanelQuery_OverTime_IsAccepted(string place) =>
        Assert.NotEmpty(await service.QueryRangeAsync(Filled(place, ".*", ".*")));

    [Theory]
    [MemberData(nameof(Annotations))]
    public async Task Annotation_WhileNothingChanged_IsEmpty(string place) => Assert.Empty(await AskAsync(place));

    [Theory]
    [MemberData(nameof(Counts))]
    public async Task Count_OfAReplicaThatIsNot_IsZero(string place) =>
        Assert.Equal(0, Assert.Single(await AskAsync(place, ".*", "no-such-replica:1")).Value);

    [Fact]
    public async Task AverageDepth_RealRequests_IsTheMeanOfWhatTheAnswersSaid()
    {
        var mean = service.Served.Average(static image => image.Depth);

        Assert.Equal(mean, await NumberAsync("Average encoder depth A"), Tolerance);
        Assert.Equal(mean, await NumberAsync("Average depth by profile B"), Tolerance);
    }

    [Fact]
    public async Task AverageDepth_ByProfileAndByReason_IsThatOfTheirAnswers()
    {
        await AssertByLabelAsync("Average depth by profile A", "profile", static image => image.Profile, static images => images.Average(static image => image.Depth));
        await AssertByLabelAsync("Average depth by reason A", "reason", static image => image.Reason, static images => images.Average(static image => image.Depth));
    }

    [Fact]
    public async Task DeepestExit_OfTheModel_IsWhatTheAnswersSaid() =>
        Assert.Equal(service.Served[0].MaxDepth, await NumberAsync("Average depth by profile C"));

    [Fact]
    public async Task LayersSaved_RealRequests_IsTheShareAgainstTheDeepestExit()
    {
        var share = 1 - (service.Served.Sum(static image => image.Depth) / (double)service.Served.Sum(static image => image.MaxDepth));

        Assert.Equal(share, await NumberAsync("Encoder layers saved A"), Tolerance);
        Assert.Equal(share, await NumberAsync("Saved over time A"), Tolerance);
    }

    [Fact]
    public async Task GmacsSaved_RealRequests_IsTheShareAgainstTheDeepestExit()
    {
        var saved = service.Served.Sum(static image => image.GmacsSaved);
        var share = saved / (saved + service.Served.Sum(static image => image.Gmacs));

        Assert.Equal(share, await NumberAsync("GMACs saved A"), HeaderTolerance);
        Assert.Equal(share, await NumberAsync("Saved over time B"), HeaderTolerance);
    }

    /// <summary>Increases are extrapolated to the range's edges by half a scrape each, all by the same factor, so their ratios are exact.</summary>
    [Fact]
    public async Task Totals_InTheTimeShown_HaveTheRatioOfWhatTheAnswersSaid()
    {
        var layers = service.Served.Sum(static image => image.MaxDepth - image.Depth);
        var ratio = service.Served.Sum(static image => image.GmacsSaved) / layers;

        Assert.Equal(ratio, await NumberAsync("GMACs saved B") / await NumberAsync("Encoder layers saved B"), HeaderTolerance);
        Assert.InRange(await NumberAsync("Encoder layers saved B"), layers * (1 - Tolerance), layers * 2);
    }

    [Fact]
    public async Task Requests_ByOutcome_HaveTheSharesOfTheirAnswers()
    {
        var all = await NumberAsync("Requests per second A");

        Assert.Equal(Share(200, 200), await NumberAsync("Requests per second by outcome A") / all, Tolerance);
        Assert.Equal(Share(400, 499), await NumberAsync("Requests per second by outcome B") / all, Tolerance);
        Assert.Equal(Share(500, 599), await NumberAsync("Requests per second by outcome C") / all, Tolerance);
        Assert.Equal(Share(500, 599), await NumberAsync("Errors and refusals A"), Tolerance);
    }

    [Fact]
    public async Task Errors_ByKind_AreZeroOrTheSharesOfTheirAnswers()
    {
        var all = await NumberAsync("Requests per second A");
        var refused = (await AskAsync("Errors and refusals over time B")).ToDictionary(static sample => sample.Label("reason"), sample => sample.Value / all);

        Assert.Equal(Share(500, 500), await NumberAsync("Errors and refusals over time A") / all, Tolerance);
        Assert.Equal(["deadline", "not-ready", "overloaded"], refused.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Share(504, 504), refused["deadline"], Tolerance);
        Assert.Equal(Share(503, 503), refused["overloaded"] + refused["not-ready"], Tolerance);
        Assert.Equal(Share(400, 498), await NumberAsync("Errors and refusals over time C") / all, Tolerance);
        Assert.Equal(Share(499, 499), await NumberAsync("Errors and refusals over time D") / all, Tolerance);
    }

    [Fact]
    public async Task Requests_OfOneModel_LeaveOutThoseForUnknownModels()
    {
        var all = await NumberAsync("Requests per second A");
        var own = Assert.Single(await AskAsync("Requests per second A", service.Model)).Value;

        Assert.Equal(1 - Share(404, 404), own / all, Tolerance);
    }

    [Fact]
    public async Task DepthHistogram_RealRequests_CountsImagesUpToEachDepth()
    {
        var buckets = (await AskAsync("Depth of images over time A")).ToDictionary(static sample => sample.Label("le"), static sample => sample.Value);
        var all = buckets["+Inf"];

        Assert.All(Enumerable.Range(1, service.Served[0].MaxDepth), depth =>
            Assert.Equal(service.Served.Count(image => image.Depth <= depth) / (double)service.Served.Count, buckets[$"{depth}"] / all, Tolerance));
    }

    [Fact]
    public async Task ImagesByReason_RealRequests_HaveTheSharesOfTheirAnswers()
    {
        var samples = await AskAsync("Images by reason A");
        var all = samples.Sum(static sample => sample.Value);

        Assert.All(samples, sample => Assert.Equal(
            service.Served.Count(image => image.Reason == sample.Label("reason")) / (double)service.Served.Count, sample.Value / all, Tolerance));
    }

    [Fact]
    public async Task Latency_Quantiles_AreInOrder()
    {
        var p50 = await NumberAsync("Latency A");
        var p95 = await NumberAsync("Latency B");

        Assert.True(p50 <= p95 && p95 <= await NumberAsync("Latency C"));
    }

    [Fact]
    public async Task TimePerStage_Together_CoverDeviceTime()
    {
        var stages = (await AskAsync("Time per stage A")).ToDictionary(static sample => sample.Label("stage"), static sample => sample.Value);
        var images = (await AskAsync("Images by reason A")).Sum(static sample => sample.Value);
        var device = await NumberAsync("Device time: predicted against actual A") / images;

        Assert.All(["queue", "decode", "stem", "gate", "encoder", "decoder", "mask"], stage => Assert.Contains(stage, stages.Keys));
        Assert.InRange(device, stages["encoder"], stages.Values.Sum());
    }

    [Fact]
    public async Task PredictedToActual_IsTheRatioOfItsPanel()
    {
        var ratio = await NumberAsync("Device time: predicted against actual B") / await NumberAsync("Device time: predicted against actual A");

        Assert.Equal(ratio, await NumberAsync("Predicted to actual A"), Tolerance);
    }

    [Fact]
    public async Task Replicas_OfOurs_AreTheOnlyOnesShown()
    {
        foreach (var place in new[] { "Ready A", "Memory A", "CPU A", "Queue: predicted seconds A" })
        {
            Assert.Equal(service.Instance, Assert.Single(await AskAsync(place)).Label("instance"));
        }

        Assert.Equal(1, await NumberAsync("Ready A"));
    }

    private static bool IsAnnotation(DashboardQuery query) => query.Place.StartsWith("Annotation ", StringComparison.Ordinal);

    private static string Filled(string place, string model, string instance) =>
        Dashboard.EcoM2F.Queries.Single(query => query.Place == place).Fill(new Dictionary<string, string>
        {
            ["model"] = model,
            ["instance"] = instance,
            ["__rate_interval"] = Duration,
            ["__interval"] = Duration,
            ["__range"] = Duration,
        });

    private Task<IReadOnlyList<PrometheusSample>> AskAsync(string place, string model = ".*", string instance = ".*") =>
        service.QueryAsync(Filled(place, model, instance));

    private async Task<double> NumberAsync(string place) => Assert.Single(await AskAsync(place)).Value;

    /// <summary>Of the answers whose status lies between these.</summary>
    private double Share(int from, int to) =>
        service.Statuses.Where(each => each.Key >= from && each.Key <= to).Sum(static each => each.Value) / (double)service.Statuses.Values.Sum();

    private async Task AssertByLabelAsync(string place, string label, Func<ServedImage, string> key, Func<IEnumerable<ServedImage>, double> value)
    {
        var samples = (await AskAsync(place)).ToDictionary(sample => sample.Label(label), static sample => sample.Value);
        var expected = service.Served.GroupBy(key).ToDictionary(static group => group.Key, group => value(group));

        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), samples.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, each => Assert.Equal(each.Value, samples[each.Key], Tolerance));
    }
}
