using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EcoM2F.Deploy.Tests.Kubernetes;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Documentation;

/// <summary>That what the page points to is there.</summary>
public sealed partial class OperationsPageTests
{
    private static string Dashboard => Path.Combine(RepositoryPaths.Root, "deploy", "grafana", "dashboards", "ecom2f.json");

    [Fact]
    public void Settings_All_AreDocumented()
    {
        var known = OperationsPage.Table(OperationsPage.Read("docs", "settings.md"), "| key | default |").Select(static row => row[0].Trim('`')).ToHashSet();
        var named = Setting().Matches(OperationsPage.Text).Select(static match => match.Groups[1].Value.Replace("__", ":", StringComparison.Ordinal)).ToList();

        Assert.True(named.Count > 5);
        Assert.All(named, name => Assert.Contains(name, known));
    }

    [Fact]
    public void Panels_All_AreOnTheDashboard()
    {
        Assert.SkipUnless(File.Exists(Dashboard), "There is no dashboard in this tree.");
        var titles = Titles(JsonNode.Parse(File.ReadAllText(Dashboard))!["panels"]!.AsArray()).ToHashSet();
        var named = Panel().Matches(OperationsPage.Text).Select(static match => match.Groups[1].Value).ToList();

        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains(name, titles));
    }

    [Fact]
    public void Overlays_All_AreNamed() =>
        Assert.All(DeployFiles.OverlayNames, static name => Assert.Contains($"kubectl apply -k deploy/kubernetes/overlays/{name} ", OperationsPage.Text, StringComparison.Ordinal));

    /// <summary>Rows may hold panels of their own.</summary>
    private static IEnumerable<string> Titles(JsonArray panels) =>
        panels.SelectMany(static panel => Titles(panel!["panels"] as JsonArray ?? []).Append(panel["title"]?.GetValue<string>() ?? ""));

    [GeneratedRegex("`((?:Engine|Scheduling|Budget|Limits|Shutdown|Cors|Otlp|Logs)(?::|__)[A-Za-z]+)")]
    private static partial Regex Setting();

    [GeneratedRegex(@"panels? \*\*([^*]+)\*\*")]
    private static partial Regex Panel();
}
