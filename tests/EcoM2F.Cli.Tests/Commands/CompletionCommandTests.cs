using System.Diagnostics;

namespace EcoM2F.Cli.Tests.Commands;

public sealed class CompletionCommandTests
{
    [Theory]
    [InlineData("ecom2f ", "segment", "doctor", "completion")]
    [InlineData("ecom2f se", "segment")]
    [InlineData("ecom2f segment --min", "--min-area")]
    [InlineData("ecom2f segment photos --format coco", "coco", "coco-panoptic")]
    [InlineData("ecom2f segment photos -o out --execution-provider ", "cpu", "cuda")]
    [InlineData("ecom2f score ", "panoptic", "semantic")]
    [InlineData("ecom2f completion ", "bash", "zsh", "fish")]
    public async Task Suggest_Line_ListsWhatMayFollow(string line, params string[] expected)
    {
        var found = (await EcoM2FProgram.RunAsync($"[suggest:{line.Length}]", line)).Exits(0).Out.Split('\n');
        Assert.All(expected, word => Assert.Contains(word, found));
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _ecom2f ecom2f")]
    [InlineData("zsh", "#compdef ecom2f")]
    [InlineData("fish", "complete -c ecom2f")]
    public async Task Completion_Shell_IsAScriptThatAsksTheProgram(string shell, string line)
    {
        var script = (await EcoM2FProgram.RunAsync("completion", shell)).Exits(0).Out;
        Assert.Contains(line, script, StringComparison.Ordinal);
        Assert.Contains("[suggest:", script, StringComparison.Ordinal);
    }

    /// <summary>Each shell says what it would offer, by its own means.</summary>
    [Theory]
    [InlineData("bash", "ecom2f segment --fill", "--fill-holes")]
    [InlineData("bash", "ecom2f doc", "doctor")]
    [InlineData("bash", "ecom2f segment ", "")]
    [InlineData("fish", "ecom2f segment --fill", "--fill-holes")]
    [InlineData("fish", "ecom2f doc", "doctor")]
    public async Task Script_InItsShell_OffersTheWord(string shell, string line, string expected)
    {
        Assert.SkipUnless(FindOnPath(shell) is not null, $"{shell} is not installed");
        var script = (await EcoM2FProgram.RunAsync("completion", shell)).Exits(0).Out;
        var program = $"{EcoM2FProgram.Host} {EcoM2FProgram.Program}";
        var words = line.Split(' ');
        var text = shell == "bash"
            ? $"ecom2f() {{ {program} \"$@\"; }}\n{script}\nCOMP_LINE='{line}'; COMP_POINT={line.Length}; COMP_WORDS=({string.Join(' ', words.Select(static word => $"'{word}'"))}); COMP_CWORD={words.Length - 1}\n_ecom2f\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
            : $"function ecom2f; {program} $argv; end\n{script}\ncomplete -C '{line}'\n";

        Assert.Equal(expected, (await RunAsync(shell, text)).Split('\n')[0].Split('\t')[0]);
    }

    private static string? FindOnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static async Task<string> RunAsync(string shell, string script)
    {
        var start = new ProcessStartInfo(shell, shell == "bash" ? ["--norc", "-c", script] : ["--no-config", "-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Empty(await error);
        return output;
    }
}
