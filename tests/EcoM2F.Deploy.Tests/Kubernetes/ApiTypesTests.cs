using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using YamlDotNet.Core;

namespace EcoM2F.Deploy.Tests.Kubernetes;

/// <summary>Field names and types, against those of the Kubernetes API: a field that there is not would be dropped by the cluster.</summary>
public sealed class ApiTypesTests
{
    /// <summary>Fields that KServe's predictor has beside those of a pod (serving.kserve.io/v1beta1).</summary>
    private static readonly string[] PredictorFields = ["minReplicas", "maxReplicas", "canaryTrafficPercent", "containerConcurrency", "timeout"];

    public static TheoryData<string> Overlays => [.. DeployFiles.OverlayNames];

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Overlay_CoreTypes_HaveOnlyFieldsOfTheApi(string overlay)
    {
        var core = DeployFiles.Overlay(overlay, "models", "otlp").Where(IsCore).ToList();
        Assert.True(core.Count >= 7);
        Assert.All(core, static resource => Assert.NotNull(Load(resource)));
    }

    [Fact]
    public void Jobs_HaveOnlyFieldsOfTheApi()
    {
        var resources = DeployFiles.Jobs().Select(Load).ToList();
        Assert.IsType<V1Job>(Assert.Single(resources, static resource => resource is V1Job));
    }

    [Fact]
    public void KServe_Predictor_IsAPodAndKnownFields()
    {
        var predictor = DeployFiles.KServe().At("spec.predictor").DeepClone().AsObject();
        Array.ForEach(PredictorFields, field => Assert.True(predictor.Remove(field), field));
        var pod = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Pod", ["metadata"] = new JsonObject { ["name"] = "x" }, ["spec"] = predictor };

        Assert.Equal("kserve-container", Assert.Single(Assert.IsType<V1Pod>(Load(pod)).Spec.Containers).Name);
    }

    [Fact]
    public void KServe_Policy_HasOnlyFieldsOfTheApi() => Assert.IsType<V1NetworkPolicy>(Load(DeployFiles.KServe("networkpolicy.yaml")));

    [Fact]
    public void Keda_Behavior_IsThatOfAnAutoscaler()
    {
        var spec = DeployFiles.Overlay("cpu-keda").Only("ScaledObject").At("spec");
        var autoscaler = DeployFiles.Overlay("cpu").Only("HorizontalPodAutoscaler").DeepClone().AsObject();
        autoscaler.At("spec")["behavior"] = spec.At("advanced.horizontalPodAutoscalerConfig.behavior").DeepClone();

        Assert.IsType<V2HorizontalPodAutoscaler>(Load(autoscaler));
    }

    [Fact]
    public void Load_FieldThatThereIsNot_Fails()
    {
        var job = DeployFiles.Jobs().Only("Job");
        job.At("spec")["backoffLimitPerIndexes"] = 1;

        Assert.ThrowsAny<YamlException>(() => Load(job));
    }

    private static bool IsCore(JsonObject resource) => !resource.Text("apiVersion").Split('/')[0].EndsWith(".com", StringComparison.Ordinal) && !resource.Text("apiVersion").StartsWith("keda.sh/", StringComparison.Ordinal);

    // JSON is YAML.
    private static object Load(JsonObject resource) => Assert.Single(KubernetesYaml.LoadAllFromString(resource.ToJsonString(), strict: true));
}
