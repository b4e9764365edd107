using System.Text.RegularExpressions;

namespace EcoM2F.Page.Tests;

/// <summary>The same photo at two points, and at all of them.</summary>
public sealed class CompareTests(BrowserAndService browser)
{
    [Fact]
    public async Task Points_Two_AreDrawnBesideOneAnother()
    {
        await using var page = await OpenAsync();

        await page.Expect("#badge-a").ToHaveTextAsync(new Regex(@"^A · size \d+, depth \d$"));
        await page.Expect("#badge-b").ToHaveTextAsync("B · size 320, depth 6");
        await page.Expect("#pair-result .point").ToHaveTextAsync(new Regex(@"^[\d.]+% of the pixels differ$"));
        await page["#point-a"].SelectOptionAsync("size=320, depth=6");
        await page.Expect("#pair-result .point").ToHaveTextAsync("0% of the pixels differ");
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Divider_ByPointerAndByKeyboard_Moves()
    {
        await using var page = await OpenAsync();
        await page["#point-a"].SelectOptionAsync("size=192, depth=1");
        await page.Expect("#badge-a").ToHaveTextAsync("A · size 192, depth 1");
        var middle = await page.PictureOfAsync("#compare-canvas");
        var box = (await page["#compare-canvas"].BoundingBoxAsync())!;
        await page.Page.Mouse.MoveAsync(box.X + (box.Width / 2), box.Y + (box.Height / 2));
        await page.Page.Mouse.DownAsync();
        await page.Page.Mouse.MoveAsync(box.X + (box.Width * 0.9f), box.Y + (box.Height / 2));
        await page.Page.Mouse.UpAsync();
        await page.Expect("#divider").ToHaveAttributeAsync("aria-valuenow", "90");
        Assert.NotEqual(middle, await page.PictureOfAsync("#compare-canvas"));

        await page["#divider"].FocusAsync();
        await page.Page.Keyboard.PressAsync("Home");
        await page.Expect("#divider").ToHaveAttributeAsync("aria-valuenow", "0");
        await page.Page.Keyboard.PressAsync("PageUp");
        await page.Page.Keyboard.PressAsync("ArrowRight");
        await page.Expect("#divider").ToHaveAttributeAsync("aria-valuenow", "12");
    }

    [Fact]
    public async Task Difference_Highlighted_ChangesThePicture()
    {
        await using var page = await OpenAsync();
        await page["#point-a"].SelectOptionAsync("size=192, depth=1");
        await page.Expect("#badge-a").ToHaveTextAsync("A · size 192, depth 1");
        var plain = await page.PictureOfAsync("#compare-canvas");
        await page["#differ"].CheckAsync();

        Assert.NotEqual(plain, await page.PictureOfAsync("#compare-canvas"));
    }

    [Fact]
    public async Task Strip_Run_HasEveryPointWithAgreementAndTime()
    {
        await using var page = await OpenAsync();
        await page["#strip-run"].ClickAsync();
        await page.Expect("#strip button.tile").ToHaveCountAsync(24);

        await page.Expect("#strip [data-point='size=320, depth=6']").ToContainTextAsync("full model");
        await page.Expect("#strip [data-point='size=320, depth=6'] strong").ToHaveTextAsync("100% agreement with the full model");
        await page.Expect("#strip .marked").ToHaveCountAsync(2); // the full model's and the gate's
        await page["#strip [data-point='size=256, depth=3']"].ClickAsync();
        await page.Expect("#badge-b").ToHaveTextAsync("B · size 256, depth 3");
        Assert.Empty(page.Complaints);
    }

    private async Task<OpenPage> OpenAsync()
    {
        var page = await browser.OpenAsync();
        await page["#tab-compare"].ClickAsync();
        await page["#view-compare [data-example=beach]"].ClickAsync();
        await page.Expect("#badge-b").ToBeVisibleAsync();
        await page.Expect("#compare-wait").ToBeHiddenAsync();
        return page;
    }
}
