using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Documentation;

/// <summary>That links within the repository lead somewhere, and that every page is found from the index.</summary>
public sealed partial class LinkTests
{
    private static readonly string[] Roots = ["src", "tests", "tools", "deploy", "models/default", "build", ".ci"];
    private static readonly string[] Endings = [".cs", ".csproj", ".props", ".js", ".mjs", ".html", ".css", ".py", ".sh", ".yml", ".yaml", ".json", ".service", ""];

    public static TheoryData<string> Files => [.. MarkdownFile.All.Select(static file => file.Name)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Markdown_Links_LeadSomewhere(string name)
    {
        var page = MarkdownFile.All.Single(file => file.Name == name);
        var folder = Path.GetDirectoryName(Path.Combine(RepositoryPaths.Root, name))!;

        Assert.All(page.Links.Where(static target => !target.Contains("://", StringComparison.Ordinal)), target =>
        {
            var parts = target.Split('#', 2);
            var file = parts[0].Length == 0 ? Path.Combine(RepositoryPaths.Root, name) : Path.GetFullPath(Path.Combine(folder, parts[0]));
            Assert.True(Path.Exists(file), $"{name} links to {target}, which is not there.");
            Assert.True(parts.Length == 1 || HasAnchor(file, parts[1]), $"{name} links to {target}: there is no such heading.");
        });
    }

    /// <summary>Comments, messages, manifests, alerts.</summary>
    [Fact]
    public void Sources_PagesThatTheyName_AreThere()
    {
        var files = Roots.SelectMany(static root => Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, root), "*", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(RepositoryPaths.Root))
            .Where(static file => Endings.Contains(Path.GetExtension(file)) && !Built().IsMatch(file.Replace('\\', '/')));
        var named = files.SelectMany(static file => Page().Matches(File.ReadAllText(file)).Select(match => (File: Path.GetRelativePath(RepositoryPaths.Root, file), match.Groups["page"].Value, Anchor: match.Groups["anchor"].Value))).ToList();

        Assert.True(named.Count > 20);
        Assert.All(named, static one =>
        {
            var page = Path.Combine(RepositoryPaths.Root, one.Value);
            Assert.True(File.Exists(page), $"{one.File} names {one.Value}, which is not there.");
            Assert.True(one.Anchor.Length == 0 || HasAnchor(page, one.Anchor), $"{one.File} names {one.Value}#{one.Anchor}: there is no such heading.");
        });
    }

    /// <summary>Paths and classes of tests in code spans; the changelog may speak of what is gone.</summary>
    [Fact]
    public void Prose_PathsAndTestsThatItNames_AreThere()
    {
        var classes = Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension).ToHashSet();
        var named = MarkdownFile.All.Where(static file => file.Name != "CHANGELOG.md").SelectMany(static file => Named().Matches(file.Prose).Select(match => (file.Name, Path: match.Groups["path"].Value, Class: match.Groups["class"].Value))).ToList();

        Assert.True(named.Count > 50);
        Assert.All(named, one => Assert.True(one.Path.Length > 0 ? Path.Exists(Path.Combine(RepositoryPaths.Root, one.Path)) : classes.Contains(one.Class), $"{one.Name} names {one.Path}{one.Class}, which is not there."));
    }

    [Fact]
    public void Index_EveryPage_IsListed()
    {
        var listed = MarkdownFile.All.Single(static file => file.Name == "docs/README.md").Links.Select(static target => target.Split('#')[0]).ToHashSet();

        Assert.All(Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "docs"), "*.md").Select(Path.GetFileName).Where(static name => name != "README.md"), name => Assert.Contains(name!, listed));
    }

    [Theory]
    [InlineData("# A `b` c: d/e\n", "a-b-c-de")]
    [InlineData("## [Text](to.md) again\n", "text-again")]
    [InlineData("# Same\n# Same\n", "same-1")]
    [InlineData("### Under_score - dash\n", "under_score---dash")]
    public void Anchors_Headings_AreCalledAsOnGitHub(string text, string anchor) => Assert.Contains(anchor, new MarkdownFile("x.md", text).Anchors);

    [Fact]
    public void Anchors_CommentsOfCommands_AreNoHeadings() => Assert.Empty(new MarkdownFile("x.md", "```sh\n# comment\n```\n").Anchors);

    private static bool HasAnchor(string file, string anchor) =>
        MarkdownFile.All.SingleOrDefault(page => page.Name == Path.GetRelativePath(RepositoryPaths.Root, file).Replace('\\', '/'))?.Anchors.Contains(anchor) ?? false;

    [GeneratedRegex("/(bin|obj|node_modules)/")]
    private static partial Regex Built();

    [GeneratedRegex(@"`(?:(?<path>(?:src|tests|deploy|tools|docs|models/default)/[\w./-]+)|(?<class>\w+Tests))`")]
    private static partial Regex Named();

    /// <summary>Not the docs of an address elsewhere.</summary>
    [GeneratedRegex(@"(?<![\w./-])(?<page>docs/[\w-]+\.(?:md|html|svg|jpg|png))(?:#(?<anchor>[\w-]+))?")]
    private static partial Regex Page();
}
