using System.Text.RegularExpressions;

namespace EcoM2F.Deploy.Tests.Documentation.Commands;

/// <summary>Which blocks of pages hold commands, and what of them is a script.</summary>
internal static partial class ShellBlocks
{
    private const string Prompt = "$ ";

    private static readonly string[] Languages = ["sh", "bash", "shell", "console", "zsh"];

    /// <summary>Those that are marked as a shell's, and unmarked ones that begin with a prompt or with one of our programs.</summary>
    /// <returns>By page.</returns>
    public static IEnumerable<IReadOnlyList<MarkdownBlock>> All =>
        MarkdownFile.All.Select(static file => (IReadOnlyList<MarkdownBlock>)[.. file.Blocks.Where(IsShell)]).Where(static blocks => blocks.Count > 0);

    private static bool IsShell(MarkdownBlock block) =>
        Languages.Contains(block.Language) || (block.Language.Length == 0 && (block.Text.StartsWith(Prompt, StringComparison.Ordinal) || Ours().IsMatch(block.Text)));

    /// <summary>
    /// The block for bash: lines behind a prompt alone, where there are prompts; what stands in brackets, which is optional, as if
    /// it were given; programs of <c>/opt/ecom2f</c> by their names; and a folder of its own in place of <c>/tmp</c>.
    /// </summary>
    public static string Script(MarkdownBlock block, string temporary)
    {
        var text = block.Text.StartsWith(Prompt, StringComparison.Ordinal) ? Typed(block.Text) : block.Text;
        text = Optional().Replace(text, "$1");
        return Installed().Replace(text, "").Replace("/tmp/", temporary + "/", StringComparison.Ordinal);
    }

    /// <summary>The lines that are answers, of a block with prompts; without those that only say that there is more.</summary>
    public static IReadOnlyList<string> Answers(MarkdownBlock block)
    {
        var typed = Typed(block.Text).Split('\n').ToHashSet();
        return [.. block.Text.Split('\n').Where(line => !line.StartsWith(Prompt, StringComparison.Ordinal) && !typed.Contains(line) && line.Trim() != "...")];
    }

    private static string Typed(string text)
    {
        var typed = new List<string>();
        string? end = null;
        foreach (var line in text.Split('\n'))
        {
            if (end is not null)
            {
                typed.Add(line);
                end = line == end ? null : end;
            }
            else if (line.StartsWith(Prompt, StringComparison.Ordinal))
            {
                typed.Add(line[Prompt.Length..]);
                end = HereDocument().Match(line) is { Success: true } match ? match.Groups[1].Value : null;
            }
        }

        return string.Join('\n', typed);
    }

    [GeneratedRegex(@"^(ecom2f|dotnet|curl|docker|kubectl|python3|EcoM2F\.Serving) ")]
    private static partial Regex Ours();

    [GeneratedRegex(@"(?<= )\[([A-Z-][^\]""]*)\]")]
    private static partial Regex Optional();

    [GeneratedRegex("^/opt/ecom2f/", RegexOptions.Multiline)]
    private static partial Regex Installed();

    [GeneratedRegex(@"<<'?(\w+)'?")]
    private static partial Regex HereDocument();
}
