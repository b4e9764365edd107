using System.Text.RegularExpressions;
using EcoM2F.Cli.Commands;

namespace EcoM2F.Deploy.Tests.Documentation.Commands;

/// <summary>That every command in README, docs and other pages is one that there is, with options that it has.</summary>
public sealed partial class DocumentedCommandTests : IDisposable
{
    private readonly CommandRecorder _recorder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _recorder.Dispose();

    [Fact]
    public async Task Blocks_EveryCommand_KeepsItsRule()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "bash reads the blocks.");
        var commands = new List<DocumentedCommand>();
        foreach (var page in ShellBlocks.All)
        {
            commands.AddRange(await _recorder.RecordAsync(page, Token));
        }

        Assert.True(commands.Count > 100);
        AssertNone(commands.Select(static command => (Command: command, Error: CommandRules.Error(command))).Where(static one => one.Error is not null).Select(static one => $"{one.Command}\n  {one.Error}"));
        Assert.All(CommandRules.Unheld.Keys, start => Assert.Contains(commands, command => CommandRules.IsStart(start, command.Line)));
        Assert.DoesNotContain("runbook_url: docs/", await File.ReadAllTextAsync(Path.Combine(_recorder.Folder, "deploy", "prometheus", "rules", "alerts.yml"), Token), StringComparison.Ordinal); // what sed is for
    }

    [Theory]
    [InlineData("ecom2f segments photos -o out", "segments")]
    [InlineData("ecom2f segment photos -o out --colour red", "--colour")]
    [InlineData("dotnet run --project src/EcoM2F.Cli -- verify", "verify")]
    [InlineData("dotnet run --project src/EcoM2F.Serving -- --Engine:Thread=2", "Engine:Thread")]
    [InlineData("dotnet run --project src/EcoM2F.Serving -- serve", "'serve'")]
    [InlineData("EcoM2F.Serving health --adress x", "adress")]
    [InlineData("Engine__Thread=2 dotnet run --project src/EcoM2F.Serving", "Engine:Thread")]
    [InlineData("dotnet run -c Release --project tests/EcoM2F.Benchmarks -- speed", "no benchmark")]
    [InlineData("dotnet run --project tests/EcoM2F.Benchmarks -- stages", "Release")]
    [InlineData("dotnet run --project tests/EcoM2F.Deploy.Tests -- --filter-class \"*NoSuchTests\"", "no such tests")]
    [InlineData("curl https://example.org", "asks no service")]
    [InlineData("python3 src/training/trian.py", "trian.py is not in")]
    [InlineData("for one in a b; do wget $one; done", "no rule")]
    public async Task Blocks_WrongCommand_IsFound(string line, string named)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "bash reads the blocks.");
        var commands = await _recorder.RecordAsync([new MarkdownBlock("x.md", 1, "sh", line)], Token);

        Assert.All(commands, command => Assert.Contains(named, CommandRules.Error(command), StringComparison.Ordinal));
        Assert.NotEmpty(commands);
    }

    [Fact]
    public async Task Record_QuotesPromptsAndHereDocuments_AreReadAsTheShellDoes()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "bash reads the blocks.");
        var commands = await _recorder.RecordAsync(
            [
                new MarkdownBlock("x.md", 1, "", "$ cat > /tmp/x.json <<'JSON'\n{\"a\": 1}\nJSON\nan answer\n$ list='a b'"),
                new MarkdownBlock("x.md", 9, "sh", "Engine__Threads=2 ecom2f \"$list\" [--optional] $list # comment"),
            ],
            Token);

        Assert.Equal(["x.md:1|cat", "x.md:9|ecom2f|a b|--optional|a|b"], commands.Select(static command => string.Join('|', command.Words.Prepend(command.Place))));
        Assert.Equal("2", commands[1].Settings["Engine__Threads"]);
    }

    /// <summary>In text a command may stand without its arguments, but not without being there, and neither may its options.</summary>
    [Fact]
    public void Prose_CommandsThatItNames_AreThere()
    {
        var spans = MarkdownFile.All.SelectMany(static file => Span().Matches(file.Prose).Select(match => (file.Name, Text: match.Groups["text"].Value))).ToList();
        var errors = spans.Select(static span => (span.Name, span.Text, Error: SpanError(span.Text))).Where(static one => one.Error is not null).Select(static one => $"{one.Name}: `{one.Text}`: {one.Error}");

        Assert.True(spans.Count > 500);
        AssertNone(errors);
    }

    [Fact]
    public void Pages_SettingsThatTheyName_AreThere()
    {
        var named = MarkdownFile.All.SelectMany(static file => Setting().Matches(file.Text).Select(match => (file.Name, Key: match.Groups["key"].Value.Replace("__", ":", StringComparison.Ordinal)))).ToList();

        Assert.True(named.Count > 50);
        AssertNone(named.Where(static one => !CommandRules.IsSetting(one.Key)).Select(static one => $"{one.Name}: {one.Key}"));
    }

    private static void AssertNone(IEnumerable<string> errors)
    {
        var all = string.Join('\n', errors.Distinct());
        Assert.True(all.Length == 0, all);
    }

    private static string? SpanError(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var isRun = text.StartsWith("dotnet run ", StringComparison.Ordinal);
        var program = isRun ? words.SkipWhile(static word => word != "--project").ElementAtOrDefault(1) : words.FirstOrDefault();
        var arguments = words.Contains("--") && program != "--" ? words.SkipWhile(static word => word != "--").Skip(1).ToArray() : isRun ? [] : [.. words.Skip(1)];
        return program switch
        {
            _ when arguments is ["..."] => null,
            "ecom2f" or "src/EcoM2F.Cli" => Cli(arguments),
            "EcoM2F.Serving" or "src/EcoM2F.Serving" => CommandRules.Serving(arguments),
            "tests/EcoM2F.Benchmarks" or "--" when arguments.Length > 0 => CommandRules.Benchmark(arguments),
            _ => null,
        };
    }

    private static string? Cli(string[] arguments)
    {
        if (arguments.Length == 0 || arguments[0].StartsWith('-') || arguments[0] == "COMMAND")
        {
            return null;
        }

        var command = EcoM2FCommand.Create().Subcommands.FirstOrDefault(known => known.Name == arguments[0]);
        var options = arguments.Select(static word => Option().Match(word)).Where(static match => match.Success).Select(static match => match.Groups["name"].Value);
        return command is null ? $"there is no {arguments[0]}"
            : options.FirstOrDefault(name => name != "--help" && !command.Options.Any(option => option.Name == name || option.Aliases.Contains(name))) is { } unknown ? $"has no {unknown}"
            : null;
    }

    [GeneratedRegex("`(?<text>[^`\n]+)`")]
    private static partial Regex Span();

    [GeneratedRegex(@"^\[?(?<name>--?[a-z][\w-]*)")]
    private static partial Regex Option();

    /// <summary>After two dashes, with two underscores, or alone in a code span by the name of one of our sections.</summary>
    [GeneratedRegex(@"--(?<key>[A-Z]\w*(?::\w+)+)|(?<![\w-])(?<key>[A-Z][A-Za-z0-9]*(?:__\w+)+)|`(?<key>(?:Engine|Scheduling|Budget|Limits|Shutdown|Cors|Http|Otlp|Logs):[A-Za-z0-9]+)")]
    private static partial Regex Setting();
}
