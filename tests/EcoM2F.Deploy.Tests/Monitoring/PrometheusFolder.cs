using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>The files of deploy/prometheus, and copies of them that differ in what they scrape and how often, and in nothing else.</summary>
internal static class PrometheusFolder
{
    public static string Root { get; } = Path.Combine(RepositoryPaths.Root, "deploy", "prometheus");

    public static string Configuration { get; } = Path.Combine(Root, "prometheus.yml");

    public static IReadOnlyList<string> Rules { get; } = Files("rules");

    public static IReadOnlyList<string> Tests { get; } = Files("tests");

    /// <param name="folder">Where the copy goes.</param>
    /// <param name="target">Host and port of the service.</param>
    /// <param name="interval">Between scrapes, and between evaluations, such as <c>1s</c>.</param>
    /// <returns>The copied configuration.</returns>
    public static string CopyTo(string folder, string target, string interval)
    {
        var configuration = Path.Combine(folder, Path.GetFileName(Configuration));
        Copy(Configuration, configuration, ("- ecom2f:8080", $"- {target}"), ("scrape_interval: 15s", $"scrape_interval: {interval}"), ("evaluation_interval: 15s", $"evaluation_interval: {interval}"));
        Directory.CreateDirectory(Path.Combine(folder, "rules"));
        foreach (var rules in Rules)
        {
            Copy(rules, Path.Combine(folder, "rules", Path.GetFileName(rules)), ("    interval: 15s", $"    interval: {interval}"));
        }

        return configuration;
    }

    private static void Copy(string from, string to, params (string Old, string New)[] edits)
    {
        var text = File.ReadAllText(from);
        foreach (var (old, @new) in edits)
        {
            Assert.Contains(old, text, StringComparison.Ordinal);
            text = text.Replace(old, @new, StringComparison.Ordinal);
        }

        File.WriteAllText(to, text);
    }

    private static string[] Files(string folder) => [.. Directory.EnumerateFiles(Path.Combine(Root, folder), "*.yml").Order(StringComparer.Ordinal)];
}
