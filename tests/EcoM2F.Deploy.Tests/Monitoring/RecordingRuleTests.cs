namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>What the recording rules say of real requests, beside what the answers of these requests said.</summary>
[Collection(typeof(MonitoredServiceGroup))]
public sealed class RecordingRuleTests(MonitoredService service)
{
    private const double Tolerance = 1e-6;

    [Fact]
    public async Task AverageDepth_RealRequests_IsTheMeanOfWhatTheAnswersSaid()
    {
        var sample = Assert.Single(await service.QueryAsync("model:ecom2f_encoder_depth:mean5m"));

        Assert.Equal(service.Model, sample.Label("model"));
        Assert.Equal(service.Served.Average(static image => image.Depth), sample.Value, Tolerance);
    }
}
