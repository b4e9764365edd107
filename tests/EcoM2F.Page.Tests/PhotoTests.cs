using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Page.Tests;

/// <summary>Every way of bringing a photo ends with masks on screen.</summary>
public sealed class PhotoTests(BrowserAndService browser)
{
    private const string FileOfExample = "async () => new File([await (await fetch('page/examples/beach.jpg')).blob()], 'dropped.jpg', { type: 'image/jpeg' })";

    private static string Photo => Path.Combine(RepositoryPaths.Fixtures, "photos", "coco_val_000785_skier.jpg");

    [Fact]
    public async Task Load_NothingChosen_AsksNothingOfTheModel()
    {
        await using var page = await browser.OpenAsync();

        await page.Expect("#welcome").ToBeVisibleAsync();
        await page.Expect("#view-segment [data-example]").ToHaveCountAsync(6);
        await page.Expect("#canvas").ToBeHiddenAsync();
        await page["#tab-service"].ClickAsync();
        await page.Expect("#service").ToContainTextAsync("Requests of this page0 requests");
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Example_Clicked_ShowsMasksAndWhatTheyTook()
    {
        await using var page = await browser.OpenAsync();
        await page.OpenExampleAsync();

        await page.Expect("#found-count").ToContainTextAsync("segments of");
        await page.Expect("#classes").ToContainTextAsync("person");
        await page.Expect("#result .why").ToContainTextAsync("gate");
        await page.Expect("#result .cost").ToContainTextAsync("GMACs");
        await page.Expect("#result .legend dt").ToHaveTextAsync(["Queue", "Decode", "Backbone", "Gate", "Encoder", "Decoder", "Masks", "Transfer"]);
        await page.Expect("#result .raw code").ToContainTextAsync("Compute-Used: depth=");
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Examples_Each_IsSegmented()
    {
        await using var page = await browser.OpenAsync();
        foreach (var example in await page["#view-segment [data-example]"].AllAsync())
        {
            var name = await example.GetAttributeAsync("data-example");
            await example.ClickAsync();
            await page.Expect("#canvas").ToHaveAttributeAsync("aria-label", new Regex($"^{name}.jpg with "));
        }

        await page["#view-segment summary"].First.ClickAsync();
        await page.Expect("#view-segment [data-credit] a").ToHaveCountAsync(12);
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task File_Chosen_IsSegmented()
    {
        await using var page = await browser.OpenAsync();
        var chooser = await page.Page.RunAndWaitForFileChooserAsync(() => page["#view-segment [data-choose]"].ClickAsync());
        await chooser.SetFilesAsync(Photo);

        await page.ExpectMasksAsync();
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Camera_OfATouchScreen_IsOffered()
    {
        await using var page = await browser.OpenAsync(new() { HasTouch = true, IsMobile = true, ViewportSize = new() { Width = 390, Height = 844 } });
        var chooser = await page.Page.RunAndWaitForFileChooserAsync(() => page["#view-segment [data-capture]"].ClickAsync());

        Assert.Equal("environment", await chooser.Element.GetAttributeAsync("capture"));
        await chooser.SetFilesAsync(Photo);
        await page.ExpectMasksAsync();
    }

    [Fact]
    public async Task File_Dropped_IsSegmented()
    {
        await using var page = await browser.OpenAsync();
        await page.Page.EvaluateAsync($$"""
            async () => {
              const data = new DataTransfer();
              data.items.add(await ({{FileOfExample}})());
              for (const type of ['dragenter', 'dragover', 'drop']) {
                document.getElementById('stage').dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
              }
            }
            """);

        await page.ExpectMasksAsync();
        await page.Expect("#canvas").ToHaveAttributeAsync("aria-label", new Regex("^dropped.jpg with "));
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Picture_Pasted_IsSegmented()
    {
        await using var page = await browser.OpenAsync();
        await page.Page.EvaluateAsync($$"""
            async () => {
              const data = new DataTransfer();
              data.items.add(await ({{FileOfExample}})());
              document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
            }
            """);

        await page.ExpectMasksAsync();
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Photo_ThatTheBrowserCannotRead_IsDrawnOnGrey()
    {
        await using var page = await browser.OpenAsync();
        await page.Page.EvaluateAsync("() => { window.createImageBitmap = () => Promise.reject(new Error('not a format of this browser')); }");
        await page["#view-segment [data-file]"].SetInputFilesAsync(Photo);

        await page.ExpectMasksAsync();
        await page.Expect("#canvas").ToBeVisibleAsync();
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Load_UnderAPathWithoutItsSlash_Works()
    {
        await using var page = await browser.OpenAsync(path: "/seg");
        await page.OpenExampleAsync();

        Assert.EndsWith("/seg/", new Uri(page.Page.Url).AbsolutePath, StringComparison.Ordinal);
        Assert.Empty(page.Complaints);
    }
}
