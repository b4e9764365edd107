using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Kubernetes;

/// <summary>That what the manifests say of the service is true: its settings, probes and metrics, tried on the real one.</summary>
public sealed partial class ServiceContractTests : IDisposable
{
    private readonly string _models = Directory.CreateTempSubdirectory("ecom2f-deploy-").FullName;

    public static TheoryData<string> Containers => [.. DeployFiles.OverlayNames, "kserve"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_models, recursive: true);

    [Theory]
    [MemberData(nameof(Containers))]
    public void Settings_All_AreDocumented(string name)
    {
        var documented = SettingRow().Matches(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "settings.md"))).Select(static match => match.Groups[1].Value).ToHashSet();
        var settings = Container(name).Settings();

        Assert.NotEmpty(settings);
        Assert.All(settings.Keys, key => Assert.Contains(key, documented));
    }

    [Fact]
    public async Task Service_WithTheSettingsOfTheDeployment_AnswersProbesAndScrapes()
    {
        TinyModel.CompileTo(Path.Combine(_models, "default"));
        var container = Container("cpu");
        var settings = container.Settings();
        settings["Engine:ModelsFolder"] = _models;
        settings["Shutdown:DelaySeconds"] = "0";
        await using var service = await ServiceProcess.StartAsync(settings.Select(static setting => $"--{setting.Key}={setting.Value}"), Token);

        foreach (var probe in (string[])["startupProbe", "readinessProbe", "livenessProbe"])
        {
            using var response = await service.Client.GetAsync(new Uri(container.At($"{probe}.httpGet").Text("path"), UriKind.Relative), Token);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        var resources = DeployFiles.Overlay("cpu-keda");
        var endpoint = Assert.Single(resources.Only("ServiceMonitor").At("spec").List("endpoints"));
        var metrics = await service.Client.GetStringAsync(new Uri(endpoint.Text("path"), UriKind.Relative), Token);
        var queries = resources.Only("ScaledObject").At("spec").List("triggers").Select(static trigger => trigger.At("metadata").Text("query")).ToList();
        Assert.Contains(queries, static query => query.Contains("ecom2f_queue_predicted_seconds{", StringComparison.Ordinal));
        Assert.All(queries, query => Assert.Matches($@"(?m)^{Assert.Single(MetricName().Matches(query)).Value}(\{{[^}}]*\}})? ", metrics));
        Assert.Equal(0, await service.TerminateAsync(Token));
    }

    [Fact]
    public async Task Service_WithASettingThatThereIsNot_DoesNotStart() =>
        Assert.Contains("Engine:QueueImage", (await Assert.ThrowsAsync<InvalidOperationException>(() => ServiceProcess.StartAsync(["--Engine:ModelsFolder", _models, "--Engine:QueueImage=16"], Token))).Message, StringComparison.Ordinal);

    [Fact]
    public void KServe_Probes_AreThoseOfTheDeployment()
    {
        var (kserve, deployment) = (Container("kserve"), Container("cpu"));
        Assert.All(["readinessProbe", "livenessProbe"], (string probe) => Assert.Equal(deployment.At($"{probe}.httpGet").Text("path"), kserve.At($"{probe}.httpGet").Text("path")));
    }

    private static JsonObject Container(string name) => Assert.Single(name == "kserve"
        ? DeployFiles.KServe().At("spec.predictor").Containers()
        : DeployFiles.Overlay(name, "models", "otlp").Only("Deployment").PodSpec().Containers());

    [GeneratedRegex(@"^\| `([A-Za-z:]+)` \|", RegexOptions.Multiline)]
    private static partial Regex SettingRow();

    [GeneratedRegex(@"\becom2f_[a-z_]+\b(?=\{)")]
    private static partial Regex MetricName();
}
