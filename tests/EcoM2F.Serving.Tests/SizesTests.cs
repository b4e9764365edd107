using System.Net;
using System.Text.Json;
using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests;

/// <summary>A model with several sizes, over HTTP.</summary>
public sealed class SizesTests(SizedService service) : IClassFixture<SizedService>
{
    private static readonly byte[] Photo = TestPng.Photo(); // 96 x 64

    [Theory]
    [InlineData("", "depth=1, max-depth=3, size=96, max-size=96, reason=gate,")]
    [InlineData("profile=guarded", "depth=3, max-depth=3, size=64, max-size=96, reason=fallback,")]
    [InlineData("depth=2", "depth=2, max-depth=3, size=64, max-size=96, reason=forced,")]
    [InlineData("size=96, depth=2", "depth=2, max-depth=3, size=96, max-size=96, reason=forced,")]
    [InlineData("size=96", "depth=3, max-depth=3, size=96, max-size=96, reason=forced,")]
    [InlineData("max-size=32", "depth=1, max-depth=3, size=32, max-size=96, reason=max-size,")]
    [InlineData("min-size=96", "depth=3, max-depth=3, size=96, max-size=96, reason=min-size,")]
    [InlineData("beta=100", "depth=1, max-depth=3, size=32, max-size=96, reason=gate,")]
    public async Task Post_Budget_ComputeUsedNamesTheSize(string budget, string used)
    {
        using var response = await service.PostAsync(Photo, budget);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith(used, Assert.Single(response.Headers.GetValues("Compute-Used")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_Json_HasTheInputsSize()
    {
        using var response = await service.PostAsync(Photo, "size=96, depth=3");
        var compute = (await Service.JsonAsync(response)).GetProperty("compute");

        Assert.Equal("[96,160]", compute.GetProperty("size").GetRawText());
        Assert.Equal(96, compute.GetProperty("max_size").GetInt32());
        Assert.True(compute.GetProperty("saved").GetDouble() < 0);
    }

    [Theory]
    [InlineData("size=100", "size", "32, 64, 96")]
    [InlineData("size=32, min-size=32", "size", "min-size")]
    [InlineData("min-size=96, max-size=64", "min-size", "max-size")]
    [InlineData("profile=large, size=96", "profile", "96")]
    public async Task Post_WrongSize_Is400WithTheKey(string budget, string field, string named)
    {
        using var response = await service.PostAsync(Photo, budget);
        var problem = await Service.JsonAsync(response);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(field, problem.GetProperty("field").GetString());
        Assert.Contains(named, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_Card_HasSizesAndPoints()
    {
        var card = JsonDocument.Parse(await service.GetAsync("/v1/models/sized")).RootElement;
        var guarded = card.GetProperty("profiles").GetProperty("guarded");

        Assert.Equal("""[{"size":32,"longest_edge":64,"own":false},{"size":64,"longest_edge":96,"own":true},{"size":96,"longest_edge":160,"own":false}]""", card.GetProperty("sizes").GetRawText());
        Assert.Equal(6, guarded.GetProperty("points").GetArrayLength());
        Assert.Equal("""{"size":64,"depth":3}""", guarded.GetProperty("fallback").GetRawText());
        Assert.Equal(6, card.GetProperty("beta_points").GetArrayLength());
    }

    [Fact]
    public async Task Metrics_InputPixels_AreCountedByReason()
    {
        using var response = await service.PostAsync(Photo, "profile=guarded");
        var metrics = await service.GetAsync("/metrics");

        Assert.Contains("""ecom2f_input_pixels_count{model="sized",profile="guarded",reason="fallback",version="1"}""", metrics, StringComparison.Ordinal);
    }
}
