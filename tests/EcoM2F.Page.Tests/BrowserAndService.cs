using EcoM2F.TestSupport;
using Microsoft.Playwright;

namespace EcoM2F.Page.Tests;

/// <summary>
/// The real service in a process of its own, with the bundled model, one of boxes and one with decoder exits, and a headless Chromium
/// beside it. Tests skip where there is no Chromium.
/// </summary>
public class BrowserAndService : IAsyncLifetime
{
    public const string Boxes = "boxes";
    public const string Cut = "cut";

    /// <summary>Of waiting for a condition: machines that run other tests beside these are slow, and none waits longer than it must.</summary>
    private const float LongestMilliseconds = 120_000;

    private readonly string _models = Directory.CreateTempSubdirectory("ecom2f-page-").FullName;
    private ServiceProcess? _process;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>None, so that what a run takes does not depend on the tests before it.</summary>
    protected virtual string StemCacheMegabytes => "0";

    public async ValueTask InitializeAsync()
    {
        if (ChromiumProgram.Path is null)
        {
            return;
        }

        CopyFolder(RepositoryPaths.DefaultModel, Path.Combine(_models, "default"));
        TinyDetector.CompileTo(Path.Combine(_models, Boxes));
        CutModel.CompileTo(Path.Combine(_models, Cut));
        string[] settings =
        [
            "--Engine:ModelsFolder", _models, "--Scheduling:TargetMilliseconds", "0", "--Scheduling:MaxQueueMilliseconds", "0",
            "--Engine:StemCacheMegabytes", StemCacheMegabytes, "--Http:PathBase", "/seg", "--Serilog:MinimumLevel:Override:EcoM2F", "Error",
        ];
        _process = await ServiceProcess.StartAsync(settings, TestContext.Current.CancellationToken);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = ChromiumProgram.Path });
        Assertions.SetDefaultExpectTimeout(LongestMilliseconds);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        Directory.Delete(_models, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <returns>The page, once it knows the models; the caller disposes.</returns>
    /// <param name="options">Size of the screen, colours, and what else browsers differ in.</param>
    /// <param name="path">Under which the page is opened.</param>
    internal async Task<OpenPage> OpenAsync(BrowserNewContextOptions? options = null, string path = "/")
    {
        Assert.SkipWhen(_browser is null, ChromiumProgram.Reason);
        var context = await _browser.NewContextAsync(options ?? new());
        context.SetDefaultTimeout(LongestMilliseconds);
        var page = new OpenPage(context, await context.NewPageAsync(), new Uri(_process!.Client.BaseAddress!, path));
        await page.GoAsync();
        return page;
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }
}
