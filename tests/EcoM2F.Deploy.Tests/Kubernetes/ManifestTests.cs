using System.Text.Json.Nodes;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Kubernetes;

/// <summary>That the parts of a manifest agree with each other.</summary>
public sealed class ManifestTests
{
    public static TheoryData<string> Overlays => [.. DeployFiles.OverlayNames];

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Selectors_All_SelectTheReplicas(string overlay)
    {
        var resources = DeployFiles.Overlay(overlay, "models", "otlp");
        var deployment = resources.Only("Deployment");
        var pods = deployment.At("spec.template.metadata.labels").Labels();
        var service = resources.Only("Service");

        Assert.Equal(pods, deployment.At("spec.selector.matchLabels").Labels());
        Assert.Equal(pods, service.At("spec.selector").Labels());
        Assert.Equal(pods, resources.Only("PodDisruptionBudget").At("spec.selector.matchLabels").Labels());
        Assert.All(resources.Where(static resource => resource.Text("kind") == "NetworkPolicy"), policy => Assert.Equal(pods, policy.At("spec.podSelector.matchLabels").Labels()));
        Assert.Equal(pods, Assert.Single(deployment.PodSpec().List("topologySpreadConstraints")).At("labelSelector.matchLabels").Labels());
        Assert.All(resources.Where(static resource => resource.Text("kind") == "ServiceMonitor"), monitor =>
        {
            Assert.Equal(service.At("metadata.labels").Labels(), monitor.At("spec.selector.matchLabels").Labels());
            Assert.Equal("ecom2f", service.At("metadata.labels").Labels()[monitor.At("spec").Text("jobLabel")]);
        });
    }

    [Fact]
    public void Labels_OfJob_AreNotThoseOfTheService()
    {
        var job = DeployFiles.Jobs().Only("Job").At("spec.template.metadata.labels").Labels();

        Assert.NotEqual(DeployFiles.Overlay("cpu").Only("Service").At("spec.selector").Labels(), job);
        Assert.Equal(job, DeployFiles.Jobs().Only("NetworkPolicy").At("spec.podSelector.matchLabels").Labels());
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Ports_All_AreTheContainersByName(string overlay)
    {
        var resources = DeployFiles.Overlay(overlay);
        var container = Container(resources);
        var port = Assert.Single(container.List("ports"));
        var servicePort = Assert.Single(resources.Only("Service").At("spec").List("ports"));
        var rules = resources.Where(static resource => resource.Text("kind") == "NetworkPolicy").SelectMany(static policy => policy.At("spec").List("ingress")).ToList();

        Assert.Equal("http", port.Text("name"));
        Assert.Equal(port.Text("containerPort"), container.Environment()["ASPNETCORE_HTTP_PORTS"]);
        Assert.Equal("http", servicePort.Text("targetPort"));
        Assert.NotEmpty(rules);
        Assert.All(rules, static rule => Assert.Equal("http", Assert.Single(rule.List("ports")).Text("port")));
        Assert.All(["startupProbe", "readinessProbe", "livenessProbe"], (string probe) => Assert.Equal("http", container.At($"{probe}.httpGet").Text("port")));
        Assert.All(
            resources.Where(static resource => resource.Text("kind") == "ServiceMonitor"),
            monitor => Assert.Equal(servicePort.Text("name"), Assert.Single(monitor.At("spec").List("endpoints")).Text("port")));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Drain_WithItsDelay_EndsBeforeTheGracePeriod(string overlay)
    {
        var pod = DeployFiles.Overlay(overlay).Only("Deployment").PodSpec();
        var settings = Assert.Single(pod.Containers()).Settings();
        var (delay, drain) = (Number(settings["Shutdown:DelaySeconds"]), Number(settings["Shutdown:DrainSeconds"]));

        Assert.True(delay >= 5, "Load balancers need seconds to hear of it.");
        Assert.True(delay + drain + 10 <= Number(pod.Text("terminationGracePeriodSeconds")));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    [InlineData("kserve")]
    public void Memory_Limit_HoldsTheWorstThatSettingsAllow(string name)
    {
        var container = name == "kserve" ? Assert.Single(DeployFiles.KServe().At("spec.predictor").Containers()) : Container(DeployFiles.Overlay(name));
        var limits = container.At("resources.limits");

        WorstMemory.RequireHeldBy(limits.Quantity("memory"), container.Settings());
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Resources_Cpu_AreWholeCoresAndTheSame(string overlay)
    {
        var resources = Container(DeployFiles.Overlay(overlay)).At("resources");

        Assert.Equal(resources.At("requests").Quantity("cpu"), resources.At("limits").Quantity("cpu"));
        Assert.Equal(0, resources.At("limits").Quantity("cpu") % 1);
        Assert.True(resources.At("requests").Quantity("memory") <= resources.At("limits").Quantity("memory"));
    }

    [Fact]
    public void Cuda_Replica_HasOneDeviceAndTheProvider()
    {
        var deployment = DeployFiles.Overlay("cuda").Only("Deployment");
        var container = Assert.Single(deployment.PodSpec().Containers());
        var rolling = deployment.At("spec.strategy.rollingUpdate");

        Assert.Equal(("1", "1"), (container.At("resources.limits").Text("nvidia.com/gpu"), container.At("resources.requests").Text("nvidia.com/gpu")));
        Assert.Equal("cuda", container.Settings()["Engine:ExecutionProvider"]);
        Assert.Equal(("0", "1"), (rolling.Text("maxSurge"), rolling.Text("maxUnavailable")));
        Assert.EndsWith("-cuda", container.Text("image"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("cpu-keda")]
    public void Cpu_Rollout_NeverHasFewerReplicas(string overlay)
    {
        var deployment = DeployFiles.Overlay(overlay).Only("Deployment");

        Assert.Equal("0", deployment.At("spec.strategy.rollingUpdate").Text("maxUnavailable"));
        Assert.False(Assert.Single(deployment.PodSpec().Containers()).At("resources.limits").ContainsKey("nvidia.com/gpu"));
    }

    [Fact]
    public void Images_All_AreOfTheVersionOfThisTree()
    {
        var version = ProductVersion();
        var images = DeployFiles.OverlayNames.Select(static name => (Overlay: name, Image: Container(DeployFiles.Overlay(name)).Text("image")))
            .Append((Overlay: "jobs", Image: Assert.Single(DeployFiles.Jobs().Only("Job").PodSpec().Containers()).Text("image")))
            .Append((Overlay: "kserve", Image: Assert.Single(DeployFiles.KServe().At("spec.predictor").Containers()).Text("image")));

        Assert.All(images, image => Assert.Equal($"ecom2f-serving:{version}{(image.Overlay == "cuda" ? "-cuda" : "")}", image.Image));
    }

    [Fact]
    public void KServe_Revision_ReadsItsModelsFromItsStorage()
    {
        var predictor = DeployFiles.KServe().At("spec.predictor");
        var container = Assert.Single(predictor.Containers());
        var environment = container.Environment();

        Assert.Equal("/mnt/models", environment["Engine__ModelsFolder"]);
        Assert.StartsWith($"pvc://{DeployFiles.Overlay("cpu", "models").Only("PersistentVolumeClaim").At("metadata").Text("name")}/", environment["STORAGE_URI"], StringComparison.Ordinal);
        Assert.Equal(environment["Engine__QueueImages"], predictor.Text("containerConcurrency"));
        Assert.InRange(predictor["canaryTrafficPercent"]!.GetValue<long>(), 0, 100);
        Assert.Equal("http1", Assert.Single(container.List("ports")).Text("name"));
        Assert.Equal(environment["ASPNETCORE_HTTP_PORTS"], Assert.Single(container.List("ports")).Text("containerPort"));
    }

    private static JsonObject Container(IReadOnlyList<JsonObject> resources) => Assert.Single(resources.Only("Deployment").PodSpec().Containers());

    private static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static string ProductVersion() =>
        System.Xml.Linq.XDocument.Load(Path.Combine(RepositoryPaths.Root, "Directory.Build.props")).Descendants("Version").Single().Value;
}
