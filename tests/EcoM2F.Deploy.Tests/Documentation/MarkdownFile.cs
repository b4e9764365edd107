using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Documentation;

/// <summary>A Markdown file of the repository.</summary>
/// <param name="Name">Relative to the repository, with slashes.</param>
internal sealed partial record MarkdownFile(string Name, string Text)
{
    private static readonly string[] Roots = ["docs", "deploy", "models/default", "src", "tests"];

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<MarkdownFile> All { get; } =
    [
        .. Directory.EnumerateFiles(RepositoryPaths.Root, "*.md")
            .Concat(Roots.SelectMany(static root => Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, root), "*.md", SearchOption.AllDirectories)))
            .Select(static file => Path.GetRelativePath(RepositoryPaths.Root, file).Replace('\\', '/'))
            .Where(static name => !Built().IsMatch(name))
            .Order(StringComparer.Ordinal)
            .Select(static name => new MarkdownFile(name, File.ReadAllText(Path.Combine(RepositoryPaths.Root, name)))),
    ];

    /// <summary>Fenced blocks, in order.</summary>
    public IReadOnlyList<MarkdownBlock> Blocks { get; } =
        [.. Fence().Matches(Text).Select(match => new MarkdownBlock(Name, Text[..match.Index].Count(static one => one == '\n') + 1, match.Groups["language"].Value, Unindented(match)))];

    /// <summary>Without its fenced blocks.</summary>
    public string Prose { get; } = Fence().Replace(Text, "");

    /// <summary>What its headings are called in links, as GitHub makes it.</summary>
    public IReadOnlySet<string> Anchors
    {
        get
        {
            var anchors = new HashSet<string>(StringComparer.Ordinal);
            foreach (var heading in Heading().Matches(Prose).Select(static match => LinkText().Replace(match.Groups[1].Value, "$1")))
            {
                var name = NotInAnchor().Replace(heading.Trim().ToLowerInvariant(), "").Replace(' ', '-');
                for (var (copy, next) = (name, 1); !anchors.Add(copy); copy = $"{name}-{next++}")
                {
                }
            }

            return anchors;
        }
    }

    /// <summary>Targets of its links and pictures.</summary>
    public IEnumerable<string> Links => Link().Matches(CodeSpan().Replace(Prose, "")).Select(static match => match.Groups[1].Value);

    private static string Unindented(Match fence) =>
        string.Join('\n', fence.Groups["text"].Value.Split('\n').Select(line => line.StartsWith(fence.Groups["indent"].Value, StringComparison.Ordinal) ? line[fence.Groups["indent"].Length..] : line));

    [GeneratedRegex(@"(^|/)(bin|obj|node_modules)/")]
    private static partial Regex Built();

    [GeneratedRegex(@"^(?<indent> *)```(?<language>\w*)\n(?<text>.*?)^\k<indent>```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"!?\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex LinkText();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("`[^`\n]*`")]
    private static partial Regex CodeSpan();
}
