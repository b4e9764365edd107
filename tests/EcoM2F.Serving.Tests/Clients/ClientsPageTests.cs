using System.Diagnostics;
using EcoM2F.Client;
using EcoM2F.TestSupport;
using Microsoft.Extensions.DependencyInjection;

namespace EcoM2F.Serving.Tests.Clients;

/// <summary>The examples of docs/clients.md, run as they stand there.</summary>
public sealed class ClientsPageTests(Service service) : IDisposable
{
    private const string Address = "http://localhost:8080";

    private readonly string _folder = Directory.CreateTempSubdirectory("ecom2f-clients-").FullName;

    private string ServiceAddress => service.Client.BaseAddress!.GetLeftPart(UriPartial.Authority);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Curl_Examples_Work()
    {
        await RunAsync("curl", ["--version"], "sh", "bash", ["-e", "example"]);

        Assert.True(new FileInfo(Path.Combine(_folder, "ids.png")).Length > 0);
        Assert.Equal(2, (await File.ReadAllLinesAsync(Path.Combine(_folder, "lines.ndjson"), TestContext.Current.CancellationToken)).Length);
    }

    [Fact]
    public async Task Python_Example_Works()
    {
        await RunAsync("/usr/bin/python3", ["-c", "import requests, PIL"], "python", "/usr/bin/python3", ["example"]);

        Assert.True(new FileInfo(Path.Combine(_folder, "masks.png")).Length > 0);
    }

    [Fact]
    public Task JavaScript_Example_Works() => RunAsync("node", ["--version"], "js", "node", ["example.mjs"], "example.mjs");

    /// <summary>The example's lines are those of this method, but for the address and the photo.</summary>
    [Fact]
    public async Task CSharp_Example_Works()
    {
        await WritePhotoAsync();
        var cancellationToken = TestContext.Current.CancellationToken;
        var lines = Example("csharp").Split('\n').Select(static line => line.Trim()).Where(static line => line.Length > 0 && !line.Contains(Address, StringComparison.Ordinal) && !line.Contains("photo.jpg", StringComparison.Ordinal));
        var source = (await File.ReadAllLinesAsync(Path.Combine(RepositoryPaths.Root, "tests", "EcoM2F.Serving.Tests", "Clients", "ClientsPageTests.cs"), cancellationToken)).Select(static line => line.Trim()).ToHashSet();
        Assert.All(lines, line => Assert.Contains(line.Replace("Console.WriteLine", "TestContext.Current.SendDiagnosticMessage", StringComparison.Ordinal), source));

        var services = new ServiceCollection();
        services.AddSegmentClient(new Uri(ServiceAddress));
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<SegmentClient>();

        await using var photo = File.OpenRead(Path.Combine(_folder, "photo.jpg"));
        try
        {
            var result = await client.SegmentAsync(photo, new SegmentOptions { Budget = new ComputeBudget { MaxDepth = 2 } }, cancellationToken);
            foreach (var segment in result.Panoptic!.SegmentsInfo)
            {
                var pixels = segment.Segmentation.ToPixels(); // row by row
                TestContext.Current.SendDiagnosticMessage($"{segment.Category}: {pixels.Count(inside => inside)} pixels");
            }
        }
        catch (SegmentException refused) when (refused.RetryAfter is { } wait)
        {
            TestContext.Current.SendDiagnosticMessage($"Busy, again in {wait.TotalSeconds} s.");
        }

        var images = new[] { "photo.jpg", "photo.jpg" }.Select(file => new BatchImage(file, File.OpenRead(Path.Combine(_folder, file))));
        await foreach (var item in client.SegmentManyAsync(images, cancellationToken: cancellationToken))
        {
            TestContext.Current.SendDiagnosticMessage(item.Result is null ? $"{item.Name}: {item.Problem!.Detail}" : $"{item.Name}: depth {item.Result.Compute.Depth}");
        }
    }

    /// <summary>Writes the page's example and a photo into a folder and runs it there; skips where the program is missing.</summary>
    private async Task RunAsync(string program, string[] check, string language, string interpreter, string[] arguments, string file = "example")
    {
        if (await RunAsync(program, check) is not 0)
        {
            Assert.Skip($"'{program} {string.Join(' ', check)}' does not work here.");
        }

        await WritePhotoAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder, file), Example(language).Replace(Address, ServiceAddress, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Equal(0, await RunAsync(interpreter, arguments));
    }

    private async Task<int?> RunAsync(string program, string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            TestContext.Current.SendDiagnosticMessage(await output + await error);
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private Task WritePhotoAsync() => File.WriteAllBytesAsync(Path.Combine(_folder, "photo.jpg"), TestPng.Photo(), TestContext.Current.CancellationToken);

    private static string Example(string language)
    {
        var page = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "clients.md"));
        var start = page.IndexOf($"```{language}\n", StringComparison.Ordinal) + language.Length + 4;
        return page[start..page.IndexOf("\n```", start, StringComparison.Ordinal)];
    }
}
