using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Documentation.Commands;

/// <summary>The worked examples of <c>docs/models.md</c> from checkpoint to masks, run as they stand there.</summary>
public sealed class WorkedExampleTests : IDisposable
{
    private const string Page = "docs/models.md";

    private static readonly HashSet<string> Prompted = [.. Blocks.Select(static block => block.Place)];

    private readonly CommandRecorder _recorder = new();

    private static IEnumerable<MarkdownBlock> Blocks => ShellBlocks.All.Single(static page => page[0].File == Page).Where(static block => block.Text.StartsWith('$'));

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

        var (runs, blocks) = (0, Blocks.ToList());
        var commands = (await _recorder.RecordAsync(blocks, Token)).Where(IsRun).ToLookup(static command => command.Place);
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

    /// <summary>Whether a command of ours is run here: those with a prompt. Bench's checkpoint is not in the repository; CliExampleTests have another.</summary>
    internal static bool IsRun(DocumentedCommand command) => command is { Place: var place, Words: ["ecom2f", not "bench", ..] } && Prompted.Contains(place);

    private async Task<string> RunAsync(DocumentedCommand command)
    {
        var run = await ProgramRun.StartAsync(command.Words.Skip(1), _recorder.Folder, "", Token);
        Assert.True(run.ExitCode == 0, $"{command}: exit code {run.ExitCode}\n{run.Said}");
        return run.Said;
    }
}
