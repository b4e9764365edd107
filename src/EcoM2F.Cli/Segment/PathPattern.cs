using System.IO.Enumeration;

namespace EcoM2F.Cli.Segment;

/// <summary>
/// A path with <c>*</c> and <c>?</c>, for shells that do not expand them and for lists that are longer than a command line may be. <c>**</c> as a
/// whole part stands for any number of folders, none included. Hidden files and folders are matched only by parts that begin with a dot.
/// </summary>
internal sealed class PathPattern
{
    private const string AnyFolders = "**";
    private readonly string[] _parts;

    private PathPattern(string root, string[] parts) => (Root, _parts) = (root, parts);

    /// <summary>Full path of the folder before the first part with a wildcard.</summary>
    public string Root { get; }

    /// <returns>Null if the text has no wildcard.</returns>
    public static PathPattern? Parse(string text)
    {
        var parts = text.Split(['/', Path.DirectorySeparatorChar]);
        var first = Array.FindIndex(parts, static part => part.AsSpan().IndexOfAny('*', '?') >= 0);
        if (first < 0)
        {
            return null;
        }

        var root = string.Join(Path.DirectorySeparatorChar, parts[..first]);
        return new PathPattern(Path.GetFullPath(root.Length > 0 ? root : first > 0 ? Path.DirectorySeparatorChar.ToString() : "."), parts[first..]);
    }

    /// <returns>Full paths of files, each once.</returns>
    public IReadOnlyCollection<string> Files()
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        if (Directory.Exists(Root))
        {
            Search(Root, 0, found);
        }

        return found;
    }

    private void Search(string folder, int part, SortedSet<string> found)
    {
        var pattern = _parts[part];
        var isLast = part == _parts.Length - 1;
        if (pattern == AnyFolders)
        {
            if (!isLast)
            {
                Search(folder, part + 1, found);
            }

            foreach (var below in Folders(folder, "*"))
            {
                Search(below, part, found);
            }
        }

        if (isLast)
        {
            found.UnionWith(Matching(Directory.EnumerateFiles(folder), pattern == AnyFolders ? "*" : pattern));
        }
        else if (pattern != AnyFolders)
        {
            foreach (var below in Folders(folder, pattern))
            {
                Search(below, part + 1, found);
            }
        }
    }

    /// <summary>Links to folders are left out: they may lead back.</summary>
    private static IEnumerable<string> Folders(string folder, string pattern) =>
        Matching(Directory.EnumerateDirectories(folder), pattern).Where(static below => File.ResolveLinkTarget(below, returnFinalTarget: false) is null);

    private static IEnumerable<string> Matching(IEnumerable<string> paths, string pattern) => paths.Where(path =>
        FileSystemName.MatchesSimpleExpression(pattern, Path.GetFileName(path.AsSpan()), ignoreCase: false)
        && (Path.GetFileName(path.AsSpan())[0] != '.' || pattern[0] == '.'));
}
