using System.Text.RegularExpressions;

namespace EcoM2F.Page.Tests;

/// <summary>The view of the service, from /metrics, /readyz and /v1/models.</summary>
public sealed class ServiceTests(BrowserAndService browser)
{
    [Fact]
    public async Task Service_AfterARequest_ShowsNumbersModelsAndTheRequest()
    {
        await using var page = await browser.OpenAsync();
        await page.OpenExampleAsync("rocket");
        await page["#tab-service"].ClickAsync();

        await page.Expect(".figures-grid").ToContainTextAsync(new Regex(@"Stateready.*Average depth\d\.\d\d.*Queue\d+ image"));
        await page.Expect(".bars li").Not.ToHaveCountAsync(0);
        await page.Expect("#service").ToContainTextAsync("Model default");
        await page.Expect("#service").ToContainTextAsync($"Model {BrowserAndService.Cut}");
        await page.Expect(".requests tbody tr").ToHaveCountAsync(1);
        await page.Expect(".requests tbody tr").ToContainTextAsync("rocket.jpgpanopticdefault");
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Service_WithoutMetrics_SaysSoAndShowsTheRest()
    {
        await using var page = await browser.OpenAsync();
        await page.Page.RouteAsync("**/metrics", static route => route.FulfillAsync(new() { Status = 404, Body = "" }));
        await page["#tab-service"].ClickAsync();

        await page.Expect("#service .notice").ToContainTextAsync("/metrics does not answer here");
        await page.Expect("#service").ToContainTextAsync("Model default");
        Assert.Empty(page.ComplaintsBesideRefusals);
    }
}
