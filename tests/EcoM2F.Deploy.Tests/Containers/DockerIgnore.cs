using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Containers;

/// <summary>.dockerignore: the last pattern that matches a path, or a folder above it, decides.</summary>
internal sealed class DockerIgnore
{
    private readonly List<(Regex Pattern, bool Sends)> _rules = [];

    public static DockerIgnore Read()
    {
        var ignore = new DockerIgnore();
        foreach (var line in File.ReadLines(Path.Combine(RepositoryPaths.Root, ".dockerignore")).Select(static line => line.Trim()))
        {
            if (line.Length > 0 && line[0] != '#')
            {
                var pattern = Regex.Escape(line.TrimStart('!').Trim('/'))
                    .Replace(@"\*\*/", "(.*/)?", StringComparison.Ordinal)
                    .Replace(@"\*", "[^/]*", StringComparison.Ordinal);
                ignore._rules.Add((new Regex($"^{pattern}(/.*)?$"), line[0] == '!'));
            }
        }

        return ignore;
    }

    public bool Sends(string path) => _rules.FindLast(rule => rule.Pattern.IsMatch(path)) is not { Pattern: not null, Sends: false };
}
