using System.Net;
using System.Text.Json;
using EcoM2F.TestSupport;

namespace EcoM2F.Serving.Tests;

/// <summary>A model with decoder exits, over HTTP.</summary>
public sealed class DecoderExitTests(SizedService service) : IClassFixture<SizedService>
{
    private static readonly byte[] Photo = TestPng.Photo();

    [Theory]
    [InlineData("", "depth=3, max-depth=3, decoder-depth=1, max-decoder-depth=3, reason=gate,")]
    [InlineData("depth=2", "depth=2, max-depth=3, decoder-depth=3, max-decoder-depth=3, reason=forced,")]
    [InlineData("depth=2, decoder-depth=1", "depth=2, max-depth=3, decoder-depth=1, max-decoder-depth=3, reason=forced,")]
    [InlineData("decoder-depth=3", "depth=1, max-depth=3, decoder-depth=3, max-decoder-depth=3, reason=forced,")]
    [InlineData("max-depth=1", "depth=1, max-depth=3, decoder-depth=1, max-decoder-depth=3, reason=max-depth,")]
    [InlineData("beta=0", "depth=3, max-depth=3, decoder-depth=3, max-decoder-depth=3, reason=gate,")]
    public async Task Post_Budget_ComputeUsedNamesTheDecoderDepth(string budget, string used)
    {
        using var response = await service.PostAsync(Photo, budget, "cut");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith(used, Assert.Single(response.Headers.GetValues("Compute-Used")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_Json_HasTheDecoderDepthAndSavesMore()
    {
        using var cut = await service.PostAsync(Photo, "depth=3, decoder-depth=1", "cut");
        using var whole = await service.PostAsync(Photo, "depth=3", "cut");
        var (short_, full) = ((await Service.JsonAsync(cut)).GetProperty("compute"), (await Service.JsonAsync(whole)).GetProperty("compute"));

        Assert.Equal((1, 3), (short_.GetProperty("decoder_depth").GetInt32(), short_.GetProperty("max_decoder_depth").GetInt32()));
        Assert.True(short_.GetProperty("gmacs").GetDouble() < full.GetProperty("gmacs").GetDouble());
        Assert.Equal(0, full.GetProperty("saved").GetDouble());
    }

    [Fact]
    public async Task Post_ModelWithoutDecoderExits_AnswersAsBefore()
    {
        using var response = await service.PostAsync(Photo, "size=64, depth=3");

        Assert.DoesNotContain("decoder-depth", Assert.Single(response.Headers.GetValues("Compute-Used")), StringComparison.Ordinal);
        Assert.DoesNotContain("decoder_depth", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cut", "decoder-depth=2", "1, 3")]
    [InlineData("cut", "decoder-depth=0", "decoder exits")]
    [InlineData("sized", "decoder-depth=1", "always runs its whole decoder")]
    public async Task Post_WrongDecoderDepth_Is400WithTheKey(string model, string budget, string named)
    {
        using var response = await service.PostAsync(Photo, budget, model);
        var problem = await Service.JsonAsync(response);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("decoder-depth", problem.GetProperty("field").GetString());
        Assert.Contains(named, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_Card_HasDecoderExitsTheirCostsAndPoints()
    {
        var card = JsonDocument.Parse(await service.GetAsync("/v1/models/cut")).RootElement;
        var cost = card.GetProperty("costs")[0];

        Assert.Equal("[1,3]", card.GetProperty("decoder_exits").GetRawText());
        Assert.Equal("""{"size":64,"depth":1,"decoder_depth":1}""", card.GetProperty("profiles").GetProperty("short").GetProperty("points")[0].GetRawText());
        Assert.InRange(cost.GetProperty("decoder_exits").GetProperty("1").GetDouble(), 0, cost.GetProperty("decoder").GetDouble());
    }
}
