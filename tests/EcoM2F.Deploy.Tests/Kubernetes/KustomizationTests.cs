using System.Text.Json.Nodes;

namespace EcoM2F.Deploy.Tests.Kubernetes;

public sealed class KustomizationTests
{
    private static readonly string[] Roots = [.. DeployFiles.OverlayNames.Select(static name => Path.Combine(DeployFiles.Folder, DeployFiles.Overlays, name)), Path.Combine(DeployFiles.Folder, "jobs")];

    public static TheoryData<string> Overlays => [.. DeployFiles.OverlayNames];

    [Fact]
    public void Yaml_EveryFile_Parses() =>
        Assert.All(YamlFiles(), static file => Assert.All(YamlFile.Read(file), static document => Assert.NotEmpty(document.Text("apiVersion"))));

    [Fact]
    public void Files_All_AreReferenced()
    {
        var named = new HashSet<string>([.. Roots, .. DeployFiles.ComponentNames.Select(DeployFiles.Component)]);
        var open = new Queue<string>(named);
        while (open.TryDequeue(out var folder))
        {
            named.Add(Path.Combine(folder, "kustomization.yaml"));
            foreach (var path in Kustomization.References(folder).Where(named.Add).Where(Directory.Exists))
            {
                open.Enqueue(path);
            }
        }

        var kserve = Path.Combine(DeployFiles.Folder, "kserve");
        Assert.All(YamlFiles().Where(file => !file.StartsWith(kserve, StringComparison.Ordinal)), file => Assert.Contains(file, named));
    }

    [Fact]
    public void Components_All_AreUsedOrOffered()
    {
        var overlays = DeployFiles.OverlayNames.Select(static name => File.ReadAllText(Path.Combine(DeployFiles.Folder, DeployFiles.Overlays, name, "kustomization.yaml"))).ToList();
        Assert.All(DeployFiles.ComponentNames, component => Assert.Contains(overlays, text => text.Contains($"- ../../components/{component}", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Overlay_HasOneAutoscaler_OfTheDeployment(string overlay)
    {
        var resources = DeployFiles.Overlay(overlay);
        var scaler = Assert.Single(resources, static resource => resource.Text("kind") is "HorizontalPodAutoscaler" or "ScaledObject");
        var target = scaler.At("spec.scaleTargetRef");
        var deployment = resources.Only("Deployment");

        Assert.Equal(("apps/v1", "Deployment", deployment.At("metadata").Text("name")), (target.Text("apiVersion"), target.Text("kind"), target.Text("name")));
        Assert.False(deployment.At("spec").ContainsKey("replicas"), "A replica count in the file would undo the autoscaler's at every apply.");
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Overlay_WithModels_MountsTheClaimReadOnlyAndServesFromIt(string overlay)
    {
        var resources = DeployFiles.Overlay(overlay, "models");
        var pod = resources.Only("Deployment").PodSpec();
        var container = Assert.Single(pod.Containers());
        var mount = Assert.Single(container.List("volumeMounts"), static mount => mount.Text("name") == "models");
        var claim = Assert.Single(pod.List("volumes"), static volume => volume.Text("name") == "models").At("persistentVolumeClaim");

        Assert.True(mount["readOnly"]!.GetValue<bool>());
        Assert.Equal(resources.Only("PersistentVolumeClaim").At("metadata").Text("name"), claim.Text("claimName"));
        Assert.StartsWith(mount.Text("mountPath") + "/", container.Environment()["Engine__ModelsFolder"], StringComparison.Ordinal);
        Assert.Contains(container.List("volumeMounts"), static other => other.Text("mountPath") == "/tmp");
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Overlay_WithOtlp_OpensThePortThatItSendsTo(string overlay)
    {
        var resources = DeployFiles.Overlay(overlay, "otlp");
        var endpoint = new Uri(Assert.Single(resources.Only("Deployment").PodSpec().Containers()).Environment()["Otlp__Endpoint"]);
        var policy = Assert.Single(resources, static resource => resource.Text("kind") == "NetworkPolicy" && resource.At("metadata").Text("name") == "ecom2f");
        var rules = policy.At("spec").List("egress");
        static IEnumerable<string> Ports(JsonObject rule) => rule.List("ports").Select(static port => port.Text("port"));

        Assert.Contains(endpoint.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), rules.SelectMany(Ports));
        var names = Assert.Single(rules, static rule => Ports(rule).Contains("53"));
        Assert.Contains("5353", Ports(names)); // OpenShift's
        Assert.False(names.ContainsKey("to"), "NodeLocal DNSCache answers on the node, which is in no namespace.");
    }

    private static IEnumerable<string> YamlFiles() => Directory.EnumerateFiles(DeployFiles.Folder, "*.yaml", SearchOption.AllDirectories);
}
