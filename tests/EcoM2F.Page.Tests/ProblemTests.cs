using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace EcoM2F.Page.Tests;

/// <summary>What goes wrong is said in plain words with its cure, and what is slow can be stopped.</summary>
public sealed class ProblemTests(BrowserAndService browser)
{
    private const string Segment = "**/v1/segment?**";

    [Fact]
    public async Task File_ThatIsNoImage_IsExplained()
    {
        await using var page = await browser.OpenAsync();
        await page["#view-segment [data-file]"].SetInputFilesAsync(new FilePayload { Name = "notes.txt", MimeType = "text/plain", Buffer = "hello"u8.ToArray() });

        await page.Expect("#problem").ToContainTextAsync("This is not an image that the service reads. Use a JPEG");
        await page.Expect("#problem code").ToHaveTextAsync(new Regex("^[0-9a-f]{32}$")); // the log's number
        await page.Expect("#welcome").ToBeVisibleAsync();
        await page["#problem button"].Last.ClickAsync();
        await page.Expect("#problem").ToBeHiddenAsync();
        await page.OpenExampleAsync();
        Assert.Empty(page.ComplaintsBesideRefusals);
    }

    [Fact]
    public async Task Service_ThatIsBusy_IsTriedAgainOnAsking()
    {
        await using var page = await browser.OpenAsync();
        await page.Page.RouteAsync(Segment, static route => route.FulfillAsync(new()
        {
            Status = 503,
            ContentType = "application/problem+json",
            Headers = new Dictionary<string, string> { ["Retry-After"] = "2" },
            Body = """{"type":"/seg/problems/overloaded","title":"The queue is full","status":503}""",
        }));
        await page["#view-segment [data-example=skier]"].ClickAsync();
        await page.Expect("#problem").ToContainTextAsync("The service is busy. Too many images wait. Try again in 2 seconds.");
        await page.Page.UnrouteAsync(Segment);
        await page["#problem button"].First.ClickAsync();

        await page.ExpectMasksAsync();
        await page.Expect("#problem").ToBeHiddenAsync();
    }

    [Fact]
    public async Task Service_ThatIsGone_IsExplained()
    {
        await using var page = await browser.OpenAsync();
        await page.Page.RouteAsync(Segment, static route => route.AbortAsync());
        await page["#view-segment [data-example=skier]"].ClickAsync();

        await page.Expect("#problem").ToContainTextAsync("The service cannot be reached. Check that it runs");
    }

    [Theory]
    [InlineData(401, "You may not use this service")]
    [InlineData(413, "The photo is too large")]
    [InlineData(502, "The service does not answer")]
    public async Task Proxy_ThatAnswersInsteadOfTheService_IsExplained(int status, string title)
    {
        await using var page = await browser.OpenAsync();
        await page.Page.RouteAsync(Segment, route => route.FulfillAsync(new() { Status = status, ContentType = "text/html", Body = "<h1>no</h1>" }));
        await page["#view-segment [data-example=skier]"].ClickAsync();

        await page.Expect("#problem").ToContainTextAsync(title);
    }

    [Fact]
    public async Task Answer_ThatIsSlow_ShowsProgressAndCanBeCancelled()
    {
        await using var page = await browser.OpenAsync();
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        page.Page.RequestFailed += (_, request) =>
        {
            if (request.Url.Contains("/v1/segment", StringComparison.Ordinal))
            {
                gone.TrySetResult();
            }
        };
        await page.Page.RouteAsync(Segment, static _ => Task.CompletedTask); // never answered
        await page["#view-segment [data-example=skier]"].ClickAsync();
        await page.Expect("#wait").ToContainTextAsync("Segmenting");
        await page.Expect("#wait [data-clock]").ToHaveTextAsync(new Regex(@"^\d+\.[1-9] s$"));
        await page["#cancel"].ClickAsync();

        await page.Expect("#wait").ToBeHiddenAsync();
        await page.Expect("#result").ToContainTextAsync("Cancelled");
        await gone.Task.WaitAsync(TestContext.Current.CancellationToken);
        await page.Page.UnrouteAsync(Segment);
        await page["#result-body button"].ClickAsync();
        await page.ExpectMasksAsync();
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Comparison_ThatIsSlow_CanBeCancelled()
    {
        await using var page = await browser.OpenAsync();
        await page["#tab-compare"].ClickAsync();
        await page["#view-compare [data-example=skier]"].ClickAsync();
        await page.Expect("#badge-b").ToBeVisibleAsync();
        await page.Page.RouteAsync(Segment, static _ => Task.CompletedTask);
        await page["#strip-run"].ClickAsync();
        await page["#compare-cancel"].ClickAsync();

        await page.Expect("#compare-wait").ToBeHiddenAsync();
        await page.Expect("#strip-run").ToHaveTextAsync("Run all 24 points");
        Assert.Empty(page.Complaints);
    }
}
