using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace EcoM2F.Page.Tests;

/// <summary>What can be done with an answer: look at segments, switch classes, change the drawing, take it away.</summary>
public sealed partial class SegmentTests(BrowserAndService browser)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pointer_OverASegment_TellsClassScoreAndShare()
    {
        await using var page = await browser.OpenAsync();
        await page.OpenExampleAsync();
        var box = (await page["#canvas"].BoundingBoxAsync())!;
        await page.Page.Mouse.MoveAsync(box.X + (box.Width * 0.62f), box.Y + (box.Height * 0.5f)); // the skier
        await page.Expect("#tip").ToHaveTextAsync(Tip());
        await page.Expect("#tip").ToContainTextAsync("person");

        await page.Page.Mouse.MoveAsync(0, 0);
        await page.Expect("#tip").ToBeHiddenAsync();

        await page["#canvas"].ClickAsync(new() { Position = new() { X = box.Width * 0.62f, Y = box.Height * 0.5f } });
        await page.Page.Mouse.MoveAsync(0, 0);
        await page.Expect("#tip").ToBeVisibleAsync(); // stays where it was clicked
        await page.Page.Keyboard.PressAsync("Escape");
        await page.Expect("#tip").ToBeHiddenAsync();
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Pixels_OfTheMap_AreThoseOfTheServicesOwnPng()
    {
        await using var page = await browser.OpenAsync();
        await page.OpenExampleAsync("facade");
        var download = await page.Page.RunAndWaitForDownloadAsync(() => page["#save-png"].ClickAsync());
        Assert.Equal("facade-segments.png", download.SuggestedFilename);
        var saved = Convert.ToBase64String(await ReadAsync(download));

        var differing = await page.Page.EvaluateAsync<int>(
            """
            async saved => {
              const pixels = async blob => {
                const bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none' });
                const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
                context.drawImage(bitmap, 0, 0);
                return context.getImageData(0, 0, bitmap.width, bitmap.height).data;
              };
              const photo = await (await fetch('page/examples/facade.jpg')).blob();
              const response = await fetch('v1/segment', { method: 'POST', body: photo, headers: { Accept: 'image/png' } });
              const theirs = await pixels(await response.blob());
              const ours = await pixels(new Blob([Uint8Array.from(atob(saved), c => c.charCodeAt(0))]));
              return theirs.length !== ours.length ? -1 : ours.reduce((count, value, i) => count + (value === theirs[i] ? 0 : 1), 0);
            }
            """,
            saved);

        Assert.Equal(0, differing);
    }

    [Fact]
    public async Task Classes_SwitchedOff_LeaveThePicture()
    {
        await using var page = await browser.OpenAsync();
        await page.OpenExampleAsync();
        var before = await page.PictureOfAsync("#canvas");
        await page["[data-class=person]"].UncheckAsync();
        var without = await page.PictureOfAsync("#canvas");
        var box = (await page["#canvas"].BoundingBoxAsync())!;
        await page.Page.Mouse.MoveAsync(box.X + (box.Width * 0.62f), box.Y + (box.Height * 0.5f));

        Assert.NotEqual(before, without);
        await page.Expect("#tip").Not.ToContainTextAsync("person");
        await page.Page.Mouse.MoveAsync(0, 0);
        await page["[data-class=person]"].CheckAsync();
        Assert.Equal(before, await page.PictureOfAsync("#canvas"));
    }

    [Fact]
    public async Task Drawing_OpacityOutlinesAndBoxes_ChangeThePicture()
    {
        await using var page = await browser.OpenAsync();
        await page.OpenExampleAsync();
        var pictures = new HashSet<string> { await page.PictureOfAsync("#canvas") };
        await page["#boxes"].CheckAsync();
        Assert.True(pictures.Add(await page.PictureOfAsync("#canvas")));
        await page["#outlines"].UncheckAsync();
        Assert.True(pictures.Add(await page.PictureOfAsync("#canvas")));
        await page["#opacity"].FillAsync("10");
        Assert.True(pictures.Add(await page.PictureOfAsync("#canvas")));
    }

    [Theory]
    [InlineData("instance")]
    [InlineData("semantic")]
    public async Task Task_Chosen_IsAskedForAndDrawn(string task)
    {
        await using var page = await browser.OpenAsync();
        await page.OpenExampleAsync();
        var request = await page.Page.RunAndWaitForRequestAsync(
            () => page[$"#tasks input[value={task}]"].CheckAsync(),
            request => request.Url.Contains("/v1/segment", StringComparison.Ordinal));
        await page.ExpectMasksAsync();

        Assert.EndsWith($"?task={task}", request.Url, StringComparison.Ordinal);
        await page.Expect("#classes").ToContainTextAsync("person");
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Model_OfBoxes_DrawsBoxes()
    {
        await using var page = await browser.OpenAsync();
        await page["#model"].SelectOptionAsync(BrowserAndService.Boxes);
        await page["#view-segment [data-example=skier]"].ClickAsync();
        await page.Expect("#actions").ToBeVisibleAsync();

        await page.Expect("#tasks").ToBeHiddenAsync(); // it has one task alone
        await page.Expect("#save-png").ToBeHiddenAsync();
        await page.Expect("#save-polygons").ToBeHiddenAsync();
        await page.Expect("#result .point").ToContainTextAsync("of 4");
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Json_Saved_IsTheAnswer()
    {
        await using var page = await browser.OpenAsync();
        await page.OpenExampleAsync();
        var download = await page.Page.RunAndWaitForDownloadAsync(() => page["#save-json"].ClickAsync());
        using var answer = JsonDocument.Parse(await ReadAsync(download));

        Assert.Equal("skier.json", download.SuggestedFilename);
        Assert.NotEmpty(answer.RootElement.GetProperty("panoptic").GetProperty("segments_info").EnumerateArray());
    }

    [Fact]
    public async Task Polygons_Saved_AreThoseOfEverySegment()
    {
        await using var page = await browser.OpenAsync();
        await page.OpenExampleAsync();
        var request = page.Page.WaitForRequestAsync(static request => request.Url.Contains("segmentation=polygon", StringComparison.Ordinal));
        var download = await page.Page.RunAndWaitForDownloadAsync(() => page["#save-polygons"].ClickAsync());
        Assert.Matches("^size=[0-9]+, depth=[0-9]$", await (await request).HeaderValueAsync("Compute-Budget")); // the point on screen, whatever load is now
        using var answer = JsonDocument.Parse(await ReadAsync(download));

        Assert.Equal("skier-polygons.json", download.SuggestedFilename);
        var segments = answer.RootElement.GetProperty("panoptic").GetProperty("segments_info").EnumerateArray().ToList();
        Assert.NotEmpty(segments);
        Assert.All(segments, static segment => Assert.Contains("Polygon", segment.GetProperty("polygon").GetProperty("type").GetString(), StringComparison.Ordinal));
        await page.Expect("#found-count").ToContainTextAsync(segments.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)); // the view is as it was
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Overlay_Saved_HasTheSizeOfThePhoto()
    {
        await using var page = await browser.OpenAsync();
        await page.OpenExampleAsync();
        var download = await page.Page.RunAndWaitForDownloadAsync(() => page["#save-overlay"].ClickAsync());
        var bytes = await ReadAsync(download);

        Assert.Equal((640, 425), (BigEndian(bytes, 16), BigEndian(bytes, 20))); // of PNG's header
    }

    [Fact]
    public async Task Curl_Copied_IsTheRequest()
    {
        await using var page = await browser.OpenAsync(new() { Permissions = ["clipboard-read", "clipboard-write"] });
        await page["input[name=profile][value=fast]"].CheckAsync();
        await page.OpenExampleAsync();
        await page["#copy-curl"].ClickAsync();
        await page.Expect("#said").ToHaveTextAsync("Copied.");

        var copied = await page.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()");
        var address = new Uri(new Uri(page.Page.Url), "v1/segment?task=panoptic");
        Assert.Equal($"curl --data-binary '@skier.jpg' -H 'Compute-Budget: profile=fast' '{address}'", copied);
    }

    private static async Task<byte[]> ReadAsync(IDownload download)
    {
        await using var stream = await download.CreateReadStreamAsync();
        using var memory = new MemoryStream();
        await stream.CopyToAsync(memory, Token);
        return memory.ToArray();
    }

    private static int BigEndian(byte[] bytes, int at) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at, 4));

    [GeneratedRegex(@"^\w+score [01]\.\d\d\d*\.\d% of the image$")]
    private static partial Regex Tip();
}
