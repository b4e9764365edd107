using System.Text.Json.Nodes;

namespace EcoM2F.Deploy.Tests.Kubernetes;

/// <summary>That whoever is told to scrape is let in, without a label that somebody must set by hand.</summary>
public sealed class ScrapingTests
{
    private const string NamespaceName = "kubernetes.io/metadata.name";

    [Theory]
    [InlineData("cpu-keda")]
    [InlineData("cuda")]
    public void Overlay_ThatIsScraped_AdmitsThePrometheusThatKedaAsks(string overlay)
    {
        var resources = DeployFiles.Overlay(overlay);
        var servers = resources.Only("ScaledObject").At("spec").List("triggers").Select(static trigger => new Uri(trigger.At("metadata").Text("serverAddress")).Host.Split('.')[1]).Distinct();

        Assert.NotNull(resources.Only("ServiceMonitor"));
        Assert.Equal(servers, Admitted(resources, "http"));
    }

    [Fact]
    public void Overlay_WithMonitoringAdded_AdmitsPrometheus()
    {
        Assert.Empty(Admitted(DeployFiles.Overlay("cpu"), "http"));
        Assert.Equal(["monitoring"], Admitted(DeployFiles.Overlay("cpu", "monitoring"), "http"));
    }

    [Fact]
    public void KServe_Pods_AreScrapedUnderTheJobOfRulesAndDashboard()
    {
        var monitor = DeployFiles.KServe("podmonitor.yaml").At("spec");
        var endpoint = Assert.Single(monitor.List("podMetricsEndpoints"));
        var deployed = Assert.Single(DeployFiles.Overlay("cpu-keda").Only("ServiceMonitor").At("spec").List("endpoints"));
        var relabelings = endpoint.List("relabelings");

        RequireSelectsPredictor(monitor.At("selector.matchLabels"));
        Assert.All(["path", "interval", "scrapeTimeout"], (string key) => Assert.Equal(deployed.Text(key), endpoint.Text(key)));
        Assert.Equal("ecom2f", Assert.Single(relabelings, static rule => rule["targetLabel"]?.GetValue<string>() == "job").Text("replacement"));
        Assert.Equal(PredictorPort(), Assert.Single(relabelings, static rule => rule["action"]?.GetValue<string>() == "keep").Text("regex"));
    }

    [Fact]
    public void KServe_Policy_AdmitsCallersKnativeAndPrometheusAndNothingOut()
    {
        var policy = DeployFiles.KServe("networkpolicy.yaml");
        var (spec, port) = (policy.At("spec"), PredictorPort());

        RequireSelectsPredictor(spec.At("podSelector.matchLabels"));
        Assert.Equal(["monitoring"], Admitted([policy], port));
        Assert.Equal(["knative-serving"], Admitted([policy], "9090"));
        Assert.Contains(spec.List("ingress"), rule => Ports(rule).Contains(port) && Namespaces(rule, "ecom2f-client").Contains("true"));
        Assert.Equal(["Ingress", "Egress"], spec["policyTypes"]!.AsArray().Select(static type => type!.GetValue<string>()));
        Assert.Empty(spec["egress"]!.AsArray());
    }

    /// <summary>KServe puts the InferenceService's name on its pods.</summary>
    private static void RequireSelectsPredictor(JsonObject labels) =>
        Assert.Equal(new() { ["serving.kserve.io/inferenceservice"] = DeployFiles.KServe().At("metadata").Text("name") }, labels.Labels());

    private static string PredictorPort() => Assert.Single(Assert.Single(DeployFiles.KServe().At("spec.predictor").Containers()).List("ports")).Text("containerPort");

    /// <summary>Namespaces that policies admit to a port by name.</summary>
    private static IEnumerable<string> Admitted(IEnumerable<JsonObject> resources, string port) => resources
        .Where(static resource => resource.Text("kind") == "NetworkPolicy")
        .SelectMany(static policy => policy.At("spec").List("ingress"))
        .Where(rule => Ports(rule).Contains(port))
        .SelectMany(static rule => Namespaces(rule, NamespaceName));

    private static IEnumerable<string> Ports(JsonObject rule) => rule.List("ports").Select(static port => port.Text("port"));

    private static IEnumerable<string> Namespaces(JsonObject rule, string label) => rule.List("from")
        .Where(static peer => peer.ContainsKey("namespaceSelector"))
        .Select(static peer => peer.At("namespaceSelector.matchLabels").Labels())
        .Where(labels => labels.ContainsKey(label))
        .Select(labels => labels[label]);
}
