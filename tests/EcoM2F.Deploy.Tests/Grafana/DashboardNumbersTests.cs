using EcoM2F.Deploy.Tests.Monitoring;

namespace EcoM2F.Deploy.Tests.Grafana;

/// <summary>What the dashboard shows of real requests, beside what their answers said.</summary>
[Collection(typeof(MonitoredServiceGroup))]
public sealed class DashboardNumbersTests(MonitoredService service)
{
    private const double Tolerance = 1e-6;

    /// <summary>GMACs and what they save stand in an answer's header to three decimals.</summary>
    private const double HeaderTolerance = 2e-3;

    private readonly DashboardAnswers _sut = new(service);

    [Fact]
    public async Task AverageDepth_RealRequests_IsTheMeanOfWhatTheAnswersSaid()
    {
        var mean = service.Served.Average(static image => image.Depth);

        Assert.Equal(mean, await _sut.NumberAsync("Average encoder depth A"), Tolerance);
        Assert.Equal(mean, await _sut.NumberAsync("Average depth by profile B"), Tolerance);
    }

    [Fact]
    public async Task AverageDepth_ByProfileAndByReason_IsThatOfTheirAnswers()
    {
        await AssertByLabelAsync("Average depth by profile A", "profile", static image => image.Profile, static images => images.Average(static image => image.Depth));
        await AssertByLabelAsync("Average depth by reason A", "reason", static image => image.Reason, static images => images.Average(static image => image.Depth));
    }

    [Fact]
    public async Task DeepestExit_OfTheModel_IsWhatTheAnswersSaid() =>
        Assert.Equal(service.Served[0].MaxDepth, await _sut.NumberAsync("Average depth by profile C"));

    [Fact]
    public async Task LayersSaved_RealRequests_IsTheShareAgainstTheDeepestExit()
    {
        var share = 1 - (service.Served.Sum(static image => image.Depth) / (double)service.Served.Sum(static image => image.MaxDepth));

        Assert.Equal(share, await _sut.NumberAsync("Encoder layers saved A"), Tolerance);
        Assert.Equal(share, await _sut.NumberAsync("Saved over time A"), Tolerance);
    }

    [Fact]
    public async Task GmacsSaved_RealRequests_IsTheShareAgainstTheDeepestExit()
    {
        var saved = service.Served.Sum(static image => image.GmacsSaved);
        var share = saved / (saved + service.Served.Sum(static image => image.Gmacs));

        Assert.Equal(share, await _sut.NumberAsync("GMACs saved A"), HeaderTolerance);
        Assert.Equal(share, await _sut.NumberAsync("Saved over time B"), HeaderTolerance);
    }

    /// <summary>Increases are extrapolated to the range's edges by half a scrape each, all by the same factor, so their ratios are exact.</summary>
    [Fact]
    public async Task Totals_InTheTimeShown_HaveTheRatioOfWhatTheAnswersSaid()
    {
        var layers = service.Served.Sum(static image => image.MaxDepth - image.Depth);
        var ratio = service.Served.Sum(static image => image.GmacsSaved) / layers;

        Assert.Equal(ratio, await _sut.NumberAsync("GMACs saved B") / await _sut.NumberAsync("Encoder layers saved B"), HeaderTolerance);
        Assert.InRange(await _sut.NumberAsync("Encoder layers saved B"), layers * (1 - Tolerance), layers * 2);
    }

    [Fact]
    public async Task Requests_ByOutcome_HaveTheSharesOfTheirAnswers()
    {
        var all = await _sut.NumberAsync("Requests per second A");

        Assert.Equal(Share(200, 200), await _sut.NumberAsync("Requests per second by outcome A") / all, Tolerance);
        Assert.Equal(Share(400, 499), await _sut.NumberAsync("Requests per second by outcome B") / all, Tolerance);
        Assert.Equal(Share(500, 599), await _sut.NumberAsync("Requests per second by outcome C") / all, Tolerance);
        Assert.Equal(Share(500, 599) / (1 - Share(400, 499)), await _sut.NumberAsync("Errors and refusals A"), Tolerance);
    }

    [Fact]
    public async Task Errors_ByKind_AreZeroOrTheSharesOfTheirAnswers()
    {
        var all = await _sut.NumberAsync("Requests per second A");
        var refused = (await _sut.AskAsync("Errors and refusals over time B")).ToDictionary(static sample => sample.Label("reason"), sample => sample.Value / all);

        Assert.Equal(Share(500, 500), await _sut.NumberAsync("Errors and refusals over time A") / all, Tolerance);
        Assert.Equal(["deadline", "not-ready", "overloaded"], refused.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Share(504, 504), refused["deadline"], Tolerance);
        Assert.Equal(Share(503, 503), refused["overloaded"] + refused["not-ready"], Tolerance);
        Assert.Equal(Share(400, 498), await _sut.NumberAsync("Errors and refusals over time C") / all, Tolerance);
        Assert.Equal(Share(499, 499), await _sut.NumberAsync("Errors and refusals over time D") / all, Tolerance);
    }

    [Fact]
    public async Task Requests_OfOneModel_LeaveOutThoseForUnknownModels()
    {
        var all = await _sut.NumberAsync("Requests per second A");
        var own = Assert.Single(await _sut.AskAsync("Requests per second A", service.Model)).Value;

        Assert.Equal(1 - Share(404, 404), own / all, Tolerance);
    }

    [Fact]
    public async Task DepthHistogram_RealRequests_CountsImagesUpToEachDepth()
    {
        var buckets = (await _sut.AskAsync("Depth of images over time A")).ToDictionary(static sample => sample.UpperBound, static sample => sample.Value);
        var all = buckets[double.PositiveInfinity];

        Assert.All(Enumerable.Range(1, service.Served[0].MaxDepth), depth =>
            Assert.Equal(service.Served.Count(image => image.Depth <= depth) / (double)service.Served.Count, buckets[depth] / all, Tolerance));
    }

    [Fact]
    public async Task ImagesByReason_RealRequests_HaveTheSharesOfTheirAnswers()
    {
        var samples = await _sut.AskAsync("Images by reason A");
        var all = samples.Sum(static sample => sample.Value);

        Assert.All(samples, sample => Assert.Equal(
            service.Served.Count(image => image.Reason == sample.Label("reason")) / (double)service.Served.Count, sample.Value / all, Tolerance));
    }

    [Fact]
    public async Task Latency_Quantiles_AreInOrder()
    {
        var p50 = await _sut.NumberAsync("Latency A");
        var p95 = await _sut.NumberAsync("Latency B");

        Assert.True(p50 <= p95 && p95 <= await _sut.NumberAsync("Latency C"));
    }

    [Fact]
    public async Task TimePerStage_Together_CoverDeviceTime()
    {
        var stages = (await _sut.AskAsync("Time per stage A")).ToDictionary(static sample => sample.Label("stage"), static sample => sample.Value);
        var images = (await _sut.AskAsync("Images by reason A")).Sum(static sample => sample.Value);
        var device = await _sut.NumberAsync("Device time: predicted against actual A") / images;

        Assert.All(["queue", "decode", "stem", "gate", "encoder", "decoder", "mask"], stage => Assert.Contains(stage, stages.Keys));
        Assert.InRange(device, stages["encoder"], stages.Values.Sum());
    }

    [Fact]
    public async Task ActualToPredicted_IsTheRatioOfBoth()
    {
        var ratio = await _sut.NumberAsync("Device time: predicted against actual A") / await _sut.NumberAsync("Device time: predicted against actual B");

        Assert.Equal(ratio, await _sut.NumberAsync("Actual to predicted A"), Tolerance);
    }

    [Fact]
    public async Task Replicas_OfOurs_AreTheOnlyOnesShown()
    {
        foreach (var place in new[] { "Ready A", "Memory A", "CPU A", "Queue: predicted seconds A" })
        {
            Assert.Equal(service.Instance, Assert.Single(await _sut.AskAsync(place)).Label("instance"));
        }

        Assert.Equal(1, await _sut.NumberAsync("Ready A"));
    }

    /// <summary>Of the answers whose status lies between these.</summary>
    private double Share(int from, int to) =>
        service.Statuses.Where(each => each.Key >= from && each.Key <= to).Sum(static each => each.Value) / (double)service.Statuses.Values.Sum();

    private async Task AssertByLabelAsync(string place, string label, Func<ServedImage, string> key, Func<IEnumerable<ServedImage>, double> value)
    {
        var samples = (await _sut.AskAsync(place)).ToDictionary(sample => sample.Label(label), static sample => sample.Value);
        var expected = service.Served.GroupBy(key).ToDictionary(static group => group.Key, group => value(group));

        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), samples.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, each => Assert.Equal(each.Value, samples[each.Key], Tolerance));
    }
}
