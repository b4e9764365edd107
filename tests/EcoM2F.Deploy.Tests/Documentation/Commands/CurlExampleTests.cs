using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Documentation.Commands;

/// <summary>Every curl line of the pages, sent to the real service with the bundled model, and the answers that pages show.</summary>
public sealed partial class CurlExampleTests : IAsyncLifetime
{
    private const string Answer = "HTTP/1.1 ";

    private readonly CommandRecorder _recorder = new();
    private readonly TemporaryFolder _models = new();
    private ServiceProcess? _service;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (!OperatingSystem.IsLinux() || await CurlAsync(["--version"]) is not { ExitCode: 0 })
        {
            return;
        }

        // The names of models that pages ask for beside the bundled one.
        Directory.CreateSymbolicLink(_models["default"], RepositoryPaths.DefaultModel);
        TinyModel.CompileTo(_models["mine"]);
        TinyModel.CompileTo(_models["tuned"]);
        TinyDetector.CompileTo(_models["boxes"]);
        _service = await ServiceProcess.StartAsync(["--Engine:ModelsFolder", _models.Path], Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_service is not null)
        {
            await _service.DisposeAsync();
        }

        _models.Dispose();
        _recorder.Dispose();
    }

    [Fact]
    public async Task Pages_EveryCurlLine_IsAnsweredAsThePageSays()
    {
        Assert.SkipWhen(_service is null, "curl does not run here.");
        var (sent, wrong) = (new Dictionary<string, CurlRun>(), new List<string>());
        var shownAnswers = 0;
        foreach (var page in ShellBlocks.All)
        {
            var curls = (await _recorder.RecordAsync(page, Token)).Where(static command => command.Words[0] == "curl").ToList();
            foreach (var curl in curls)
            {
                if (!sent.TryGetValue(curl.Line, out var run))
                {
                    sent[curl.Line] = run = await CurlAsync(curl.Words.Skip(1));
                }

                var shown = curl == curls.Last(other => other.Place == curl.Place) ? ShownAnswer(curl.Place) : null;
                shownAnswers += shown is null ? 0 : 1;
                var expected = shown is null ? 200 : int.Parse(shown.AsSpan(Answer.Length, 3), CultureInfo.InvariantCulture);
                wrong.AddRange(run.ExitCode == 0 && run.Status == expected ? [] : [$"{curl}\n  {run.Status}, exit code {run.ExitCode}, {run.Error}"]);
                wrong.AddRange(shown is null ? [] : Missing(shown, run.Output).Select(line => $"{curl}\n  is not answered with {line} but\n{run.Output}"));
            }
        }

        Assert.True(sent.Count > 10 && shownAnswers > 0);
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    /// <summary>The block behind a block of commands, where that is an answer of HTTP: it belongs to the last of them.</summary>
    private static string? ShownAnswer(string place)
    {
        var next = MarkdownFile.All.SelectMany(static file => file.Blocks).SkipWhile(block => block.Place != place).ElementAtOrDefault(1);
        return next is not null && next.Text.StartsWith(Answer, StringComparison.Ordinal) ? next.Text : null;
    }

    /// <summary>Lines of an answer as a page shows it that the real one lacks. Of times only the names count.</summary>
    private static IEnumerable<string> Missing(string shown, string answer)
    {
        var lines = answer.Split("\r\n").Select(Names).ToHashSet();
        return shown.Split('\n').Where(line => !lines.Contains(Names(line)));
    }

    private static string Names(string line) => Duration().Replace(line, "dur=");

    /// <summary>In the folder of photographs, to the service that runs.</summary>
    private async Task<CurlRun> CurlAsync(IEnumerable<string> arguments)
    {
        var address = _service?.Client.BaseAddress!.GetLeftPart(UriPartial.Authority);
        var words = arguments.Select(word => CommandRules.IsService(word) ? CommandRules.Services.Aggregate(word, (text, known) => text.Replace(known, address, StringComparison.Ordinal)) : word);
        try
        {
            using var curl = Process.Start(new ProcessStartInfo("curl", ["--silent", "--show-error", "--max-time", "60", "--write-out", "%{stderr}status %{http_code}", .. words]) { WorkingDirectory = _recorder.Folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = curl.StandardOutput.ReadToEndAsync(Token);
            var error = await curl.StandardError.ReadToEndAsync(Token);
            await curl.WaitForExitAsync(Token);
            return new CurlRun(curl.ExitCode, Status().Match(error) is { Success: true } status ? int.Parse(status.Groups[1].Value, CultureInfo.InvariantCulture) : 0, await output, error);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return new CurlRun(-1, 0, "", "");
        }
    }

    [GeneratedRegex(@"status (\d{3})$")]
    private static partial Regex Status();

    [GeneratedRegex(@"dur=[\d.]+")]
    private static partial Regex Duration();

    private sealed record CurlRun(int ExitCode, int Status, string Output, string Error);
}
