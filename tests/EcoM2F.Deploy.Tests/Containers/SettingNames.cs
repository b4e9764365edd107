using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Containers;

/// <summary>The settings that docs/settings.md lists, as variables of the environment.</summary>
internal static partial class SettingNames
{
    private static readonly HashSet<string> Known =
        [.. Key().Matches(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "settings.md"))).Select(static match => match.Groups[1].Value.Replace(":", "__", StringComparison.Ordinal))];

    /// <summary>Ours must be listed; .NET's, ASP.NET's and OpenTelemetry's go by their prefix.</summary>
    public static void RequireReal(string variable) =>
        Assert.True(variable is "PATH" || Known.Contains(variable) || Foreign().IsMatch(variable), $"{variable} is no setting of docs/settings.md.");

    [GeneratedRegex(@"^\| `([A-Z]\w+:\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex Key();

    [GeneratedRegex("^(DOTNET_|ASPNETCORE_|OTEL_)")]
    private static partial Regex Foreign();
}
