using System.Net;
using EcoM2F.Inference.Scheduling;

namespace EcoM2F.Serving.Tests;

/// <summary>What clients and operators see of load.</summary>
public sealed class LoadTests(BusyService service) : IClassFixture<BusyService>
{
    [Fact]
    public async Task Post_OthersWait_GetsLessAndIsTold()
    {
        using var alone = await service.PostAsync();
        using (service.Admission.Admit(TimeSpan.Zero))
        {
            service.Time.Advance(TimeSpan.FromSeconds(1));
            using var crowded = await service.PostAsync();
            using var forced = await service.PostAsync("depth=3");

            Assert.StartsWith("depth=3, max-depth=3, size=96, max-size=96, reason=gate,", Used(alone), StringComparison.Ordinal);
            Assert.StartsWith("depth=1, max-depth=3, size=32, max-size=96, reason=brownout,", Used(crowded), StringComparison.Ordinal);
            Assert.StartsWith("depth=3, max-depth=3, size=64, max-size=96, reason=forced,", Used(forced), StringComparison.Ordinal);
            Assert.Equal("brownout", (await Service.JsonAsync(crowded)).GetProperty("compute").GetProperty("reason").GetString());
        }

        Assert.Equal("1", await service.MetricAsync("ecom2f_brownout_active"));
        var metrics = await service.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("""ecom2f_encoder_depth_count{model="sized",profile="large",reason="brownout",version="1"}""", metrics, StringComparison.Ordinal);
        service.Time.Advance(Brownout.Pause);
        Assert.Equal("0", await service.MetricAsync("ecom2f_brownout_active"));
    }

    [Fact]
    public async Task Post_CouldNotBeAnsweredInTime_IsRefusedAtOnceWithATimeToComeBack()
    {
        using (service.Admission.Admit(TimeSpan.FromSeconds(3)))
        {
            using var refused = await service.PostAsync();

            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Equal("3", refused.Headers.GetValues("Retry-After").Single()); // 2.2 s over the 0.8 s that are allowed
            Assert.Equal("/problems/overloaded", (await Service.JsonAsync(refused)).GetProperty("type").GetString());
        }

        using var next = await service.PostAsync();
        Assert.Equal(HttpStatusCode.OK, next.StatusCode);
    }

    [Fact]
    public async Task Post_WithPriority_RunsInItsOrder()
    {
        var token = TestContext.Current.CancellationToken;
        var busy = await service.OccupyAsync();
        var later = service.PostAsync("depth=1", ("Priority", "u=7"));
        await service.WaitingAsync(1);
        var usual = service.PostAsync("depth=1", ("Priority", "urgent"));
        await service.WaitingAsync(2);
        var first = service.PostAsync("depth=1", ("Priority", "i, u=0"));
        await service.WaitingAsync(3);

        // These run between them, and see who still waits: an image's stages follow one another.
        var (afterFirst, afterUsual) = (Probe(urgency: 1), Probe(urgency: 5));
        var seen = Task.WhenAll(service.Device.RunAsync(afterFirst, afterFirst.Task), service.Device.RunAsync(afterUsual, afterUsual.Task));
        await busy.DisposeAsync();

        int[] waiting = await seen;
        Assert.Equal([3, 1], waiting); // usual, later and the second probe; later
        foreach (var answer in await Task.WhenAll(first, usual, later))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            answer.Dispose();
        }

        ExclusiveJob<int> Probe(int urgency) => new(_ => service.Device.Waiting, TimeSpan.Zero, token) { Urgency = urgency };
    }

    [Theory]
    [InlineData("deadline-ms=900", "", 900)]
    [InlineData("deadline-ms=900", "400", 400)]
    [InlineData("deadline-ms=900", "5000", 900)]
    [InlineData("", "400", 400)]
    public async Task Post_DeadlinePassesInTheQueue_IsAnsweredByTheTimerAndNeverRuns(string budget, string proxy, int milliseconds)
    {
        await using var busy = await service.OccupyAsync();
        var request = service.PostAsync(budget, ("X-Envoy-Expected-Rq-Timeout-Ms", proxy));
        await service.WaitingAsync(1);
        service.Time.Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
        Assert.Equal(1, service.Device.Waiting);
        service.Time.Advance(TimeSpan.FromMilliseconds(1));

        using var response = await request; // the device is still busy
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Equal("/problems/deadline-exceeded", (await Service.JsonAsync(response)).GetProperty("type").GetString());
        Assert.Equal((0, TimeSpan.Zero), (service.Device.Waiting, service.Device.Predicted));
    }

    private static string Used(HttpResponseMessage response) => response.Headers.GetValues("Compute-Used").Single();
}
