using System.Diagnostics;
using System.Text.Json.Nodes;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Kubernetes;

/// <summary>The script that makes resources of the Prometheus Operator out of rule files.</summary>
public sealed class PrometheusRulesTests : IDisposable
{
    private const string Rules = """
        # A comment.
        groups:
          - name: ecom2f
            interval: 15s
            rules:
              - alert: ExampleAlert
                expr: |
                  up{job="ecom2f"} == 0

                  and on () vector(1)
                annotations:
                  summary: 'It''s {{ $labels.instance }}'
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("ecom2f-rules-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Script_RuleFiles_BecomeResourcesWithTheSameGroups()
    {
        var files = Own().Append(Write("sample.rules.yml", Rules)).ToList();
        var (code, output) = await RunAsync(files);
        var resources = YamlFile.Parse(output, "output");

        Assert.Equal(0, code);
        Assert.Equal(files.Count, resources.Count);
        Assert.All(resources.Zip(files), static pair =>
        {
            Assert.Equal(("monitoring.coreos.com/v1", "PrometheusRule"), (pair.First.Text("apiVersion"), pair.First.Text("kind")));
            Assert.Matches("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", pair.First.At("metadata").Text("name"));
            Assert.True(JsonNode.DeepEquals(YamlFile.ReadOne(pair.Second), pair.First.At("spec")), pair.Second);
        });
    }

    [Fact]
    public async Task Script_WithoutFiles_SaysHowToUseIt() => Assert.Equal(2, (await RunAsync([])).Code);

    private static IEnumerable<string> Own()
    {
        var folder = Path.Combine(RepositoryPaths.Root, "deploy", "prometheus", "rules");
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.yml") : [];
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static async Task<(int Code, string Output)> RunAsync(IEnumerable<string> files)
    {
        var start = new ProcessStartInfo("sh", [Path.Combine(DeployFiles.Folder, "prometheus-rules.sh"), .. files]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await error;
        return (process.ExitCode, output);
    }
}
