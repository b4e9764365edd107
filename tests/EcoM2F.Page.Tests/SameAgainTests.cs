using System.Text.Json;

namespace EcoM2F.Page.Tests;

/// <summary>The same photo again, as a service keeps stems unless told otherwise.</summary>
public sealed class SameAgainTests(SameAgainTests.KeptStems browser) : IClassFixture<SameAgainTests.KeptStems>
{
    [Fact]
    public async Task Depth_SliderMoved_CostsNoStem()
    {
        await using var page = await browser.OpenAsync();
        await page.OpenExampleAsync();
        await page["input[name=who][value=me]"].CheckAsync();
        await page.Expect("#result .point").ToContainTextAsync("Size 320, depth 6 of 6");
        await page["#depth"].FocusAsync();
        var response = await page.Page.RunAndWaitForResponseAsync(
            () => page.Page.Keyboard.PressAsync("Home"), static response => response.Url.Contains("/v1/segment", StringComparison.Ordinal));
        using var answer = JsonDocument.Parse(await response.BodyAsync());

        await page.Expect("#result .point").ToContainTextAsync("Size 320, depth 1 of 6");
        await page.Expect("#result .cost").ToContainTextAsync("was kept from an earlier run of this photo");
        Assert.True(answer.RootElement.GetProperty("compute").GetProperty("reused_gmacs").GetDouble() > 0);
        Assert.DoesNotContain("stem", await response.HeaderValueAsync("Server-Timing"), StringComparison.Ordinal);
        Assert.Empty(page.Complaints);
    }

    public sealed class KeptStems : BrowserAndService
    {
        protected override string StemCacheMegabytes => "256";
    }
}
