using System.Diagnostics.Metrics;
using EcoM2F.TestSupport;
using Microsoft.Extensions.DependencyInjection;

namespace EcoM2F.Serving.Tests.Observability;

/// <summary>Another host in the service's process, with meters of the same names.</summary>
public sealed class OtherHostTests(Service service)
{
    [Fact]
    public async Task Metrics_OfAnotherHost_AreNotTheServices()
    {
        await using var other = new ServiceCollection().AddMetrics().BuildServiceProvider();
        other.GetRequiredService<IMeterFactory>().Create("EcoM2F").CreateCounter<long>("ecom2f.other_host").Add(1);

        var text = await service.GetAsync("/metrics");

        Assert.Contains("ecom2f_ready", text, StringComparison.Ordinal);
        Assert.DoesNotContain("ecom2f_other_host", text, StringComparison.Ordinal);
    }

    /// <summary>The other host's end would take the series along that both hosts wrote.</summary>
    [Fact]
    public async Task Metrics_AnotherHostEnds_StayTheServices()
    {
        using var refused = await service.PostAsync(TestPng.Photo(), "?model=nonsense");
        await using (var other = new ServiceCollection().AddMetrics().BuildServiceProvider())
        {
            other.GetRequiredService<IMeterFactory>().Create("EcoM2F").CreateCounter<long>("ecom2f.requests", "{request}", "Answers by status; refusals too.").Add(1);
        }

        await service.GetAsync("/metrics"); // an instrument that has ended is exported once more
        Assert.Contains("\necom2f_requests_total{model=\"\",status=\"404\"} ", await service.GetAsync("/metrics"), StringComparison.Ordinal);
    }
}
