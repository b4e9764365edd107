using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Training.Tests;

/// <summary>The tests that <c>src/training/test_*.py</c> hold, read from their text, so that they are listed where there is no Python too.</summary>
internal static partial class PythonTestFiles
{
    public static string Folder { get; } = Path.Combine(RepositoryPaths.Root, "src", "training");

    public static IReadOnlyList<string> Names { get; } =
        [.. Directory.EnumerateFiles(Folder, "test_*.py").Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    /// <returns><c>Class.method</c>, in the file's order.</returns>
    public static IReadOnlyList<string> TestsOf(string file)
    {
        var (tests, type) = (new List<string>(), "");
        foreach (Match match in Definition().Matches(File.ReadAllText(Path.Combine(Folder, file))))
        {
            if (match.Groups["type"].Success)
            {
                type = match.Groups["type"].Value;
            }
            else
            {
                tests.Add($"{type}.{match.Groups["test"].Value}");
            }
        }

        return tests;
    }

    [GeneratedRegex(@"^class (?<type>\w+)|^    def (?<test>test_\w+)\(self", RegexOptions.Multiline)]
    private static partial Regex Definition();
}
