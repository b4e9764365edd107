using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Documentation;

/// <summary><c>docs/operations.md</c>, and tables of Markdown files.</summary>
internal static class OperationsPage
{
    public static string Text { get; } = Read("docs", "operations.md");

    public static string Read(params string[] path) => File.ReadAllText(Path.Combine([RepositoryPaths.Root, .. path]));

    /// <summary>Cells of the rows of the one table that has these words as the start of its head, without the head.</summary>
    public static IReadOnlyList<string[]> Table(string text, string head)
    {
        var lines = text.Split('\n').SkipWhile(line => !line.StartsWith(head, StringComparison.Ordinal)).Skip(2).TakeWhile(static line => line.StartsWith('|')).ToList();
        Assert.NotEmpty(lines);
        return [.. lines.Select(static line => line.Trim().Trim('|').Split('|').Select(static cell => cell.Trim()).ToArray())];
    }
}
