using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace EcoM2F.Page.Tests;

/// <summary>For everybody: axe-core's rules, the keyboard alone, small screens, light and dark.</summary>
public sealed class AccessTests(BrowserAndService browser)
{
    private const int Phone = 390;
    private const int MostTabs = 80;

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Axe_EveryView_HasNoSeriousFinding(ColorScheme scheme)
    {
        await using var page = await browser.OpenAsync(new() { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
        await AssertAccessibleAsync(page, "empty");
        await page["input[name=profile][value=price]"].CheckAsync();
        await page.OpenExampleAsync();
        await AssertAccessibleAsync(page, "price");
        await page["input[name=who][value=me]"].CheckAsync();
        await page["#segments .segment"].First.FocusAsync();
        await page.ExpectMasksAsync();
        await AssertAccessibleAsync(page, "segments");
        await page["#view-segment [data-file]"].SetInputFilesAsync(new FilePayload { Name = "notes.txt", MimeType = "text/plain", Buffer = "hello"u8.ToArray() });
        await page.Expect("#problem").ToBeVisibleAsync();
        await AssertAccessibleAsync(page, "problem");
        await page["#model"].SelectOptionAsync(BrowserAndService.Cut); // it is quick
        await page["#tab-compare"].ClickAsync();
        await page["#view-compare [data-example=skier]"].ClickAsync();
        await page.Expect("#badge-b").ToBeVisibleAsync();
        await page["#strip-run"].ClickAsync();
        await page.Expect("#strip button.tile").ToHaveCountAsync(6);
        await AssertAccessibleAsync(page, "compare");
        await page["#tab-service"].ClickAsync();
        await page.Expect(".figures-grid").ToBeVisibleAsync();
        await AssertAccessibleAsync(page, "service");
        Assert.Empty(page.ComplaintsBesideRefusals);
    }

    [Fact]
    public async Task Dark_Preferred_IsDark()
    {
        await using var light = await browser.OpenAsync(new() { ColorScheme = ColorScheme.Light });
        await using var dark = await browser.OpenAsync(new() { ColorScheme = ColorScheme.Dark });

        Assert.True(await BrightnessAsync(light) > 200);
        Assert.True(await BrightnessAsync(dark) < 50);
    }

    [Theory]
    [InlineData("segment")]
    [InlineData("compare")]
    [InlineData("service")]
    public async Task Phone_EveryView_FitsItsWidth(string view)
    {
        await using var page = await browser.OpenAsync(new() { ViewportSize = new() { Width = Phone, Height = 844 }, HasTouch = true, IsMobile = true });
        await page.OpenExampleAsync("facade");
        await page[$"#tab-{view}"].ClickAsync();
        await page.Expect(view == "service" ? ".figures-grid" : view == "compare" ? "#badge-b" : "#canvas").ToBeVisibleAsync();

        Assert.InRange(await page.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"), 0, Phone);
    }

    [Fact]
    public async Task Phone_TapOnASegment_TellsWhatItIs()
    {
        await using var page = await browser.OpenAsync(new() { ViewportSize = new() { Width = Phone, Height = 844 }, HasTouch = true, IsMobile = true });
        await page.OpenExampleAsync();
        var box = (await page["#canvas"].BoundingBoxAsync())!;
        await page["#canvas"].TapAsync(new() { Position = new() { X = box.Width * 0.62f, Y = box.Height * 0.5f } });

        await page.Expect("#tip").ToContainTextAsync("person");
    }

    [Fact]
    public async Task Keyboard_Alone_ReachesEverything()
    {
        await using var page = await browser.OpenAsync();
        await page.Page.Keyboard.PressAsync("Tab");
        Assert.True(await IsFocusedAsync(page, ".skip"));

        await TabToAsync(page, "#view-segment [data-example=skier]");
        await page.Page.Keyboard.PressAsync("Enter");
        await page.ExpectMasksAsync();
        await TabToAsync(page, "input[name=who]");
        await page.Page.Keyboard.PressAsync("ArrowRight");
        await TabToAsync(page, "#depth");
        await page.Page.Keyboard.PressAsync("ArrowLeft");
        await page.Expect("#result .point").ToContainTextAsync("depth 5 of 6");
        await TabToAsync(page, "#save-json");
        await TabToAsync(page, "[data-class]");
        await page.Page.Keyboard.PressAsync("Space");
        await TabToAsync(page, "#segments .segment");
        await page.Expect("#tip").ToBeVisibleAsync();

        await page["#tab-segment"].FocusAsync();
        await page.Page.Keyboard.PressAsync("ArrowRight");
        await page.Expect("#badge-b").ToBeVisibleAsync();
        await TabToAsync(page, "#divider");
        await page.Page.Keyboard.PressAsync("End");
        await page.Expect("#divider").ToHaveAttributeAsync("aria-valuenow", "100");
        Assert.Empty(page.Complaints);
    }

    private static async Task TabToAsync(OpenPage page, string selector)
    {
        for (var tabs = 0; tabs < MostTabs; tabs++)
        {
            if (await IsFocusedAsync(page, selector))
            {
                return;
            }

            await page.Page.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"{selector} is not reached by {MostTabs} presses of Tab.");
    }

    private static Task<bool> IsFocusedAsync(OpenPage page, string selector) =>
        page.Page.EvaluateAsync<bool>("selector => document.activeElement?.matches(selector) ?? false", selector);

    private static Task<double> BrightnessAsync(OpenPage page) => page.Page.EvaluateAsync<double>(
        "() => getComputedStyle(document.documentElement).backgroundColor.match(/[\\d.]+/g).slice(0, 3).reduce((sum, value) => sum + Number(value), 0) / 3");

    private static async Task AssertAccessibleAsync(OpenPage page, string state)
    {
        var result = await page.Page.RunAxe();
        var serious = result.Violations.Where(static found => found.Impact is "serious" or "critical")
            .Select(found => $"{state}: {found.Id}: {string.Join("; ", found.Nodes.Select(static node => node.Html))}");
        Assert.NotEmpty(result.Passes);
        Assert.Empty(serious);
    }
}
