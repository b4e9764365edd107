namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>What the recording rules say of real requests, beside what the answers of these requests said.</summary>
[Collection(typeof(MonitoredServiceGroup))]
public sealed class RecordingRuleTests(MonitoredService service)
{
    private const double Tolerance = 1e-6;

    /// <summary>Compute-Used has three decimals.</summary>
    private const double HeaderTolerance = 1e-3;

    [Fact]
    public async Task AverageDepth_RealRequests_IsTheMeanOfWhatTheAnswersSaid() =>
        Assert.Equal(service.Served.Average(static image => image.Depth), await OfModelAsync("model:ecom2f_encoder_depth:mean5m"), Tolerance);

    [Fact]
    public async Task AverageDepth_ByProfile_IsTheMeanOfWhatTheAnswersSaid()
    {
        var samples = await service.QueryAsync("model_profile:ecom2f_encoder_depth:mean5m");
        var expected = service.Served.GroupBy(static image => image.Profile).ToDictionary(static group => group.Key, static group => group.Average(static image => image.Depth));

        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), samples.Select(static sample => sample.Label("profile")).Order(StringComparer.Ordinal));
        Assert.All(samples, sample => Assert.Equal(expected[sample.Label("profile")], sample.Value, Tolerance));
    }

    [Theory]
    [InlineData("model:ecom2f_encoder_depth:mean30m")]
    [InlineData("model:ecom2f_encoder_depth:mean1d")]
    public async Task AverageDepth_OfALongerTime_LiesWithinWhatTheAnswersSaid(string rule) => Assert.InRange(
        await OfModelAsync(rule),
        service.Served.Min(static image => image.Depth),
        service.Served.Max(static image => image.Depth));

    [Fact]
    public async Task SavedLayers_RealRequests_AreTheShareThatTheAnswersSaid() => Assert.Equal(
        1 - (service.Served.Sum(static image => image.Depth) / (double)service.Served.Sum(static image => image.MaxDepth)),
        await OfModelAsync("model:ecom2f_encoder_layers_saved:ratio_rate5m"),
        Tolerance);

    [Fact]
    public async Task SavedGmacs_RealRequests_AreTheShareThatTheAnswersSaid()
    {
        var saved = service.Served.Sum(static image => image.GmacsSaved);

        Assert.Equal(
            saved / (saved + service.Served.Sum(static image => image.Gmacs)),
            await OfModelAsync("model:ecom2f_gmacs_saved:ratio_rate5m"),
            HeaderTolerance);
    }

    [Fact]
    public async Task GateDepths_RealRequests_AreThoseOfTheAnswers()
    {
        var samples = await service.QueryAsync("""
            sum by (le) (model_version_profile_le:ecom2f_encoder_depth_gate_bucket:increase30m)
            / on () group_left () sum (model_version_profile_le:ecom2f_encoder_depth_gate_bucket:increase30m{le="+Inf"})
            """);
        var depths = service.Served.Where(static image => image.Reason == "gate").Select(static image => image.Depth).ToList();

        foreach (var depth in depths.Distinct())
        {
            var sample = Assert.Single(samples, sample => sample.UpperBound == depth);
            Assert.Equal(depths.Count(other => other <= depth) / (double)depths.Count, sample.Value, Tolerance);
        }
    }

    [Fact]
    public async Task Requests_ByStatus_HaveTheSharesOfTheAnswers()
    {
        var samples = await service.QueryAsync("sum by (status) (model_status:ecom2f_requests:rate5m) / on () group_left () sum (model_status:ecom2f_requests:rate5m)");
        var answers = (double)service.Statuses.Values.Sum();

        Assert.All(service.Statuses, status => Assert.Equal(
            status.Value / answers,
            Assert.Single(samples, sample => sample.Label("status") == $"{status.Key}").Value,
            Tolerance));
    }

    [Fact]
    public async Task Refused_OneDeadline_IsItsShareOfWhatWasNotTheClientsFault()
    {
        var expected = service.Statuses[504] / (double)service.Statuses.Where(static status => status.Key is < 400 or >= 500).Sum(static status => status.Value);

        Assert.Equal(expected, await OfModelAsync("model:ecom2f_requests_refused:ratio_rate5m"), Tolerance);
        Assert.Equal(expected, Assert.Single(await service.QueryAsync("job:ecom2f_requests_rejected:ratio_rate5m")).Value, Tolerance);
    }

    [Fact]
    public async Task Errors_WhereNothingFailed_AreZero() =>
        Assert.Equal(0, await OfModelAsync("model:ecom2f_request_errors:ratio_rate5m"));

    [Fact]
    public async Task Latency_RealRequests_RisesWithTheQuantileAndCoversTheStages()
    {
        var p50 = await OfModelAsync("model:ecom2f_request_duration_seconds:p50_rate5m");
        var p95 = await OfModelAsync("model:ecom2f_request_duration_seconds:p95_rate5m");
        var p99 = await OfModelAsync("model:ecom2f_request_duration_seconds:p99_rate5m");
        var stages = await service.QueryAsync("model_stage:ecom2f_stage_duration_seconds:mean5m");

        Assert.InRange(p50, double.Epsilon, p95);
        Assert.InRange(p95, p50, p99);
        Assert.Contains(stages, static sample => sample.Label("stage") == "encoder");
        Assert.All(stages, sample => Assert.InRange(sample.Value, 0, p99));
    }

    private async Task<double> OfModelAsync(string rule) =>
        Assert.Single(await service.QueryAsync(rule), sample => sample.Label("model") == service.Model).Value;
}
