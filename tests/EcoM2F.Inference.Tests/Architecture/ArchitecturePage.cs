using System.Globalization;
using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Architecture;

/// <summary>A section of <c>docs/architecture.md</c>: what its table and its picture say of what uses what.</summary>
internal sealed partial class ArchitecturePage
{
    private readonly string[] _lines;

    private ArchitecturePage(string[] lines) => _lines = lines;

    public static string File { get; } = Path.Combine(RepositoryPaths.Root, "docs", "architecture.md");

    /// <summary>The table's rows: the name is the last word of the first cell, what it uses stands in the last cell.</summary>
    public DependencyGraph Table => new(_lines.Where(static line => line.StartsWith("| `", StringComparison.Ordinal)).Select(static line => line.Trim('|', ' ').Split('|'))
        .ToDictionary(static cells => Names(cells[0])[^1], static cells => (IReadOnlySet<string>)Names(cells[^1]).ToHashSet()));

    /// <summary>The section's walks: the number of files that each heading states, and the files below it, relative to <c>src</c>.</summary>
    public IReadOnlyList<(int Stated, IReadOnlyList<string> Files)> Walks
    {
        get
        {
            var walks = new List<(int Stated, IReadOnlyList<string> Files)>();
            foreach (var line in _lines)
            {
                if (WalkHeading().Match(line) is { Success: true } heading)
                {
                    walks.Add((int.Parse(heading.Groups["files"].Value, CultureInfo.InvariantCulture), new List<string>()));
                }
                else if (Step().Match(line) is { Success: true } step)
                {
                    ((List<string>)walks[^1].Files).Add(step.Groups["file"].Value);
                }
            }

            return walks;
        }
    }

    /// <summary>The arrows of the Mermaid diagram; it leaves out what follows from others.</summary>
    public DependencyGraph Picture
    {
        get
        {
            var arrows = _lines.Select(static line => Arrow().Match(line)).Where(static match => match.Success).ToList();
            var names = arrows.SelectMany(static arrow => Words(arrow.Value)).ToHashSet();
            return new DependencyGraph(names.ToDictionary(
                static name => name,
                name => (IReadOnlySet<string>)arrows.Where(arrow => arrow.Groups["from"].Value == name).SelectMany(static arrow => Words(arrow.Groups["to"].Value)).ToHashSet()));
        }
    }

    /// <param name="heading">Without its number signs.</param>
    public static ArchitecturePage Section(string heading)
    {
        var lines = System.IO.File.ReadAllLines(File).SkipWhile(line => line != "## " + heading).Skip(1)
            .TakeWhile(static line => !line.StartsWith("## ", StringComparison.Ordinal)).ToArray();
        Assert.True(lines.Length > 0, $"{File} has no section '{heading}'.");
        return new ArchitecturePage(lines);
    }

    private static List<string> Names(string cell) => [.. Name().Matches(cell).Select(static match => match.Groups["name"].Value)];

    private static IEnumerable<string> Words(string text) => Word().Matches(text).Select(static match => match.Value);

    /// <summary><c>Inference</c> of <c>`Inference`</c> and of <c>`src/EcoM2F.Inference`</c>.</summary>
    [GeneratedRegex(@"`(?:\w+/EcoM2F\.)?(?<name>[\w.]+)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"^ +(?<from>[\w.]+)(?: --> (?<to>.+))?$")]
    private static partial Regex Arrow();

    [GeneratedRegex(@"^### .*: (?<files>\d+) files$")]
    private static partial Regex WalkHeading();

    [GeneratedRegex(@"^\d+\. `(?<file>[\w./]+)`")]
    private static partial Regex Step();

    [GeneratedRegex(@"[\w.]+")]
    private static partial Regex Word();
}
