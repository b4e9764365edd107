using System.Diagnostics;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Documentation.Commands;

/// <summary>The worked examples of <c>docs/models.md</c> from checkpoint to masks, run as they stand there.</summary>
public sealed class WorkedExampleTests : IDisposable
{
    private const string Page = "docs/models.md";

    private readonly CommandRecorder _recorder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _recorder.Dispose();

    [Fact]
    public async Task Models_WorkedExamples_GiveWhatThePageShows()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "bash reads the blocks.");
        foreach (var checkpoint in (string[])["mask2former_swin", "deformable_detr_resnet"])
        {
            Directory.CreateSymbolicLink(Path.Combine(_recorder.Folder, "tests", "fixtures", checkpoint), Path.Combine(RepositoryPaths.Fixtures, checkpoint));
        }

        var (runs, blocks) = (0, ShellBlocks.All.Single(static page => page[0].File == Page).Where(static block => block.Text.StartsWith('$')).ToList());
        var commands = (await _recorder.RecordAsync(blocks, Token)).Where(static command => command.Words[0] == "ecom2f" && command.Words[1] != "bench").ToLookup(static command => command.Place); // bench's checkpoint is not in the repository
        Directory.Delete(Path.Combine(_recorder.Folder, "out"), recursive: true);
        foreach (var block in blocks.Where(block => commands.Contains(block.Place)))
        {
            var said = "";
            foreach (var command in commands[block.Place])
            {
                said += await RunAsync(command);
                runs++;
            }

            // Differences are another machine's too: of a table's line the name counts.
            Assert.All(ShellBlocks.Answers(block), line => Assert.Contains(line.Split('│')[0].Trim().Replace("/tmp/", _recorder.Temporary + "/", StringComparison.Ordinal), said, StringComparison.Ordinal));
        }

        Assert.True(runs > 6);
    }

    private async Task<string> RunAsync(DocumentedCommand command)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "ecom2f.dll"), .. command.Words.Skip(1)]) { WorkingDirectory = _recorder.Folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync(Token);
        var error = await process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);

        Assert.True(process.ExitCode == 0, $"{command}: exit code {process.ExitCode}\n{await output}\n{error}");
        return await output + error;
    }
}
