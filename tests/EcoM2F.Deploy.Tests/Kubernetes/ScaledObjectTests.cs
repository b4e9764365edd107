using System.Text.Json;

namespace EcoM2F.Deploy.Tests.Kubernetes;

public sealed class ScaledObjectTests
{
    [Theory]
    [InlineData("cpu-keda")]
    [InlineData("cuda")]
    public void Triggers_AskForTheScrapedReplicasOfTheirNamespace(string overlay)
    {
        var resources = DeployFiles.Overlay(overlay);
        var job = resources.Only("Service").At("metadata.labels").Labels()[resources.Only("ServiceMonitor").At("spec").Text("jobLabel")];
        var space = resources.Only("Deployment").At("metadata").Text("namespace");

        Assert.All(resources.Only("ScaledObject").At("spec").List("triggers"), trigger =>
        {
            Assert.Contains($"{{job=\"{job}\",namespace=\"{space}\"}}", trigger.At("metadata").Text("query"), StringComparison.Ordinal);
            Assert.Equal("AverageValue", trigger.Text("metricType")); // the only type that fallback serves
            Assert.All(trigger.At("metadata"), static entry => Assert.Equal(JsonValueKind.String, entry.Value!.GetValueKind())); // the API takes no other
        });
    }

    [Theory]
    [InlineData("cpu-keda")]
    [InlineData("cuda")]
    public void Replicas_FallbackLiesBetweenLeastAndMost(string overlay)
    {
        var spec = DeployFiles.Overlay(overlay).Only("ScaledObject").At("spec");
        var (least, most) = (spec["minReplicaCount"]!.GetValue<long>(), spec["maxReplicaCount"]!.GetValue<long>());

        Assert.True(least >= 2, "One replica is none while its node is drained.");
        Assert.InRange(spec.At("fallback")["replicas"]!.GetValue<long>(), least, most);
    }
}
