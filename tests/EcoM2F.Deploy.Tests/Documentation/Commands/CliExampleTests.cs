using System.Collections.Concurrent;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Documentation.Commands;

/// <summary>
/// Every line of the pages that calls <c>ecom2f</c>, run as it stands there, page by page in a folder of the page's own, with <see cref="StandIns"/>
/// for what the reader brings.
/// </summary>
public sealed class CliExampleTests
{
    /// <summary>Commands that may end with code 1, as the pages say, where a dozen images prove too little: what they then say. Lines that need what was refused are left out.</summary>
    private static readonly Dictionary<string, string> Refusals = new() { ["train-gate"] = "Not installed:", ["evaluate"] = "Not written:", ["quantize"] = "cannot be kept with any layer" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_EveryCliLine_Succeeds()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "bash reads the blocks.");
        var pages = new List<IReadOnlyList<DocumentedCommand>>();
        using var recorder = new CommandRecorder(); // has the folder that stands for /tmp
        foreach (var page in ShellBlocks.All)
        {
            var commands = await recorder.RecordAsync(page, Token);
            pages.Add([.. commands.Where(static command => !WorkedExampleTests.IsRun(command)).Select(Cli).OfType<DocumentedCommand>()]);
        }

        var wrong = new ConcurrentBag<string>();
        using var standIns = new StandIns();
        await Parallel.ForEachAsync(pages.OrderByDescending(static page => page.Count), new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = Token }, async (page, _) =>
        {
            using var folder = new TemporaryFolder();
            var refused = new HashSet<string>(StringComparer.Ordinal);
            foreach (var command in page.Where(command => !command.Words.Any(refused.Contains)))
            {
                await standIns.AddAsync(folder.Path, [.. command.Words]);
                var run = await ProgramRun.StartAsync(command.Words, folder.Path, command.Words.Contains(StandIns.List) ? Images(folder) : "", Token);
                if (IsRefusal(command, run))
                {
                    refused.UnionWith(command.Words.SkipWhile(static word => word != "-o").Skip(1).Take(1).Where(output => !Path.Exists(Path.Combine(folder.Path, output))));
                }
                else if (run.ExitCode != 0)
                {
                    wrong.Add($"{command}: exit code {run.ExitCode}\n{run.Said}");
                }
            }
        });

        Assert.True(wrong.IsEmpty, string.Join('\n', wrong));
        Assert.True(pages.Sum(static page => page.Count) > 50);
    }

    private static bool IsRefusal(DocumentedCommand command, ProgramRun run) =>
        run.ExitCode == 1 && Refusals.TryGetValue(command.Words[0], out var said) && run.Said.Contains(said, StringComparison.Ordinal);

    /// <returns>With the arguments alone, in either of the ways that pages call the program; null where it is another one.</returns>
    private static DocumentedCommand? Cli(DocumentedCommand command) => command.Words.ToArray() switch
    {
        ["ecom2f", .. var arguments] => command with { Words = arguments },
        ["dotnet", "run", "--project", "src/EcoM2F.Cli", "--", .. var arguments] => command with { Words = arguments },
        _ => null,
    };

    /// <summary>What a list on stdin may name: the page's photographs, a line each.</summary>
    private static string Images(TemporaryFolder folder) => string.Join('\n', folder.Files("photos").Where(static file => file.EndsWith(".jpg", StringComparison.Ordinal)).Select(static file => "photos/" + file));
}
