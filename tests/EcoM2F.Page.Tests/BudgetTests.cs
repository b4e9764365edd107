using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace EcoM2F.Page.Tests;

/// <summary>Every control of the budget ends in the header that it stands for, and in an answer that says what came of it.</summary>
public sealed class BudgetTests(BrowserAndService browser)
{
    [Fact]
    public async Task Depth_SliderMoved_RunsAtThatDepth()
    {
        await using var page = await browser.OpenAsync();
        await page.OpenExampleAsync();
        await page["input[name=who][value=me]"].CheckAsync();
        await page.Expect("#result .point").ToContainTextAsync("Size 320, depth 6 of 6");
        await page["#depth"].FocusAsync();
        var request = await page.Page.RunAndWaitForRequestAsync(() => page.Page.Keyboard.PressAsync("Home"), IsSegment);

        await page.Expect("#result .point").ToContainTextAsync("Size 320, depth 1 of 6");
        await page.Expect("#result .why").ToContainTextAsync("You asked for exactly this");
        await page.Expect("#result .layers").ToHaveAttributeAsync("aria-label", "1 of 6 encoder layers ran");
        await page.Expect("#result .saved").ToContainTextAsync("saved");
        await page.Expect("#header").ToHaveTextAsync("Compute-Budget: size=320, depth=1");
        Assert.Equal("size=320, depth=1", await request.HeaderValueAsync("Compute-Budget"));
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Size_SliderMoved_RunsAtThatSize()
    {
        await using var page = await browser.OpenAsync();
        await page["input[name=who][value=me]"].CheckAsync();
        await page["#size"].FillAsync("3");
        await page.OpenExampleAsync();

        await page.Expect("#result .point").ToContainTextAsync("Size 384, depth 6 of 6");
        await page.Expect("#result .cost").ToContainTextAsync("more than the full model");
    }

    [Fact]
    public async Task DecoderDepth_OfAModelWithDecoderExits_IsAskedFor()
    {
        await using var page = await browser.OpenAsync();
        await page["#model"].SelectOptionAsync(BrowserAndService.Cut);
        await page["#decoder-depth"].FillAsync("0");
        var request = await page.Page.RunAndWaitForRequestAsync(() => page["#view-segment [data-example=skier]"].ClickAsync(), IsSegment);

        await page.Expect("#result .point").ToContainTextAsync("decoder 1 of 3");
        Assert.Equal("depth=3, decoder-depth=1", await request.HeaderValueAsync("Compute-Budget"));
        Assert.Contains("model=cut", request.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Price_Chosen_IsAskedFor()
    {
        await using var page = await browser.OpenAsync();
        await page["input[name=profile][value=price]"].CheckAsync();
        await page["#beta"].FillAsync("1.5");
        await page.OpenExampleAsync();

        await page.Expect("#header").ToHaveTextAsync("Compute-Budget: beta=1.5");
        await page.Expect("#result .why").ToContainTextAsync(new Regex("1.5 points a layer|unlike those"));
    }

    [Fact]
    public async Task Profile_Default_SendsNoHeader()
    {
        await using var page = await browser.OpenAsync();
        var request = await page.Page.RunAndWaitForRequestAsync(() => page.OpenExampleAsync(), IsSegment);

        Assert.Null(await request.HeaderValueAsync("Compute-Budget"));
        await page.Expect("input[name=profile][value=balanced]").ToBeCheckedAsync();
    }

    [Fact]
    public async Task Deadline_ThatCannotBeKept_IsExplainedAndCured()
    {
        await using var page = await browser.OpenAsync();
        await page["#deadline"].FillAsync("1");
        await page["#view-segment [data-example=bear]"].ClickAsync();
        await page.Expect("#problem").ToContainTextAsync("The deadline was too short. Allow more milliseconds");
        await page["#deadline"].FillAsync("");

        await page.ExpectMasksAsync();
        await page.Expect("#problem").ToBeHiddenAsync();
        Assert.Empty(page.ComplaintsBesideRefusals);
    }

    private static bool IsSegment(IRequest request) => request.Url.Contains("/v1/segment", StringComparison.Ordinal);
}
