using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace EcoM2F.Page.Tests;

/// <summary>The page in a browser, and everything on its console and network that should not be there.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    /// <summary>What Chromium writes to the console of each answer of 400 and above.</summary>
    private const string FailedRequest = "Failed to load resource";

    private readonly IBrowserContext _context;
    private readonly Uri _address;
    private readonly ConcurrentQueue<string> _complaints = new();

    public OpenPage(IBrowserContext context, IPage page, Uri address)
    {
        (_context, Page, _address) = (context, page, address);
        page.Console += (_, message) => Complain(message.Type is "error" or "warning", $"{message.Type}: {message.Text}");
        page.PageError += (_, error) => Complain(true, error);
        page.Request += (_, request) => Complain(IsElsewhere(request.Url), $"asked {request.Url}");
    }

    public IPage Page { get; }

    /// <summary>Errors and warnings on the console, exceptions, and requests to other hosts.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    /// <summary>Of a test in which the service or the network refuses something.</summary>
    public IEnumerable<string> ComplaintsBesideRefusals => _complaints.Where(static text => !text.Contains(FailedRequest, StringComparison.Ordinal));

    public ILocator this[string selector] => Page.Locator(selector);

    public ILocatorAssertions Expect(string selector) => Assertions.Expect(this[selector]);

    public async Task GoAsync()
    {
        await Page.GotoAsync(_address.ToString());
        await Expect("#state").ToContainTextAsync("ready");
    }

    /// <returns>Once an example's masks are on screen.</returns>
    public async Task OpenExampleAsync(string name = "skier")
    {
        await this[$"#view-segment [data-example={name}]"].ClickAsync();
        await ExpectMasksAsync();
    }

    /// <summary>Waits for segments, what they took, and colour where the photo alone was.</summary>
    public async Task ExpectMasksAsync()
    {
        await Expect("#actions").ToBeVisibleAsync();
        await Expect("#wait").ToBeHiddenAsync();
        await Expect("#segments .segment").Not.ToHaveCountAsync(0);
        await Expect("#result .point").ToContainTextAsync("epth");
    }

    /// <summary>A number that changes with what a canvas shows.</summary>
    public Task<string> PictureOfAsync(string canvas) => this[canvas].EvaluateAsync<string>("canvas => canvas.toDataURL()");

    public ValueTask DisposeAsync() => new(_context.CloseAsync());

    private bool IsElsewhere(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Authority != _address.Authority;

    private void Complain(bool applies, string text)
    {
        if (applies)
        {
            _complaints.Enqueue(text);
        }
    }
}
