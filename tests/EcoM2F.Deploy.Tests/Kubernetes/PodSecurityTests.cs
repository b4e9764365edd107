using System.Text.Json.Nodes;

namespace EcoM2F.Deploy.Tests.Kubernetes;

/// <summary>The "restricted" pod security standard, a read-only root and no token, for every pod that we describe.</summary>
public sealed class PodSecurityTests
{
    /// <summary>APP_UID of the base images.</summary>
    private const long AppUser = 1654;

    private static readonly HashSet<string> RestrictedVolumes = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];

    public static TheoryData<string> Pods => [.. DeployFiles.OverlayNames, "jobs", "kserve"];

    [Theory]
    [MemberData(nameof(Pods))]
    public void Pod_IsRestricted(string name)
    {
        var pod = Pod(name);
        Assert.False(pod["automountServiceAccountToken"]!.GetValue<bool>());
        Assert.All(["hostNetwork", "hostPID", "hostIPC"], (string key) => Assert.False(pod.ContainsKey(key)));
        Assert.All(pod.List("volumes"), static volume => Assert.Contains(Assert.Single(volume, static entry => entry.Key != "name").Key, RestrictedVolumes));
        Assert.All(pod.Containers(), container => RequireRestricted(pod["securityContext"] as JsonObject ?? [], container));
    }

    [Theory]
    [MemberData(nameof(Pods))]
    public void Pod_CanWrite_OnlyToVolumes(string name)
    {
        var pod = Pod(name);
        var volumes = pod.List("volumes").ToDictionary(static volume => volume.Text("name"));
        var container = Assert.Single(pod.Containers());

        Assert.All(container.List("volumeMounts"), mount => Assert.Contains(mount.Text("name"), volumes.Keys));
        var tmp = Assert.Single(container.List("volumeMounts"), static mount => mount.Text("mountPath") == "/tmp");
        Assert.NotEmpty(volumes[tmp.Text("name")].At("emptyDir").Text("sizeLimit"));
    }

    [Fact]
    public void Namespace_Enforces_Restricted() =>
        Assert.Equal("restricted", DeployFiles.Overlay("cpu").Only("Namespace").At("metadata.labels").Labels()["pod-security.kubernetes.io/enforce"]);

    private static JsonObject Pod(string name) => name switch
    {
        "jobs" => DeployFiles.Jobs().Only("Job").PodSpec(),
        "kserve" => DeployFiles.KServe().At("spec.predictor"),
        _ => DeployFiles.Overlay(name, "models", "otlp").Only("Deployment").PodSpec(),
    };

    private static void RequireRestricted(JsonObject pod, JsonObject container)
    {
        var own = container.At("securityContext");
        Assert.True((own["runAsNonRoot"] ?? pod["runAsNonRoot"])!.GetValue<bool>());
        Assert.Equal(AppUser, (own["runAsUser"] ?? pod["runAsUser"])!.GetValue<long>());
        Assert.Equal("RuntimeDefault", ((own["seccompProfile"] ?? pod["seccompProfile"]) as JsonObject)!.Text("type"));
        Assert.False(own["allowPrivilegeEscalation"]!.GetValue<bool>());
        Assert.True(own["readOnlyRootFilesystem"]!.GetValue<bool>());
        Assert.Equal("ALL", Assert.Single(own.At("capabilities")["drop"]!.AsArray())!.GetValue<string>());
        Assert.False(own.At("capabilities").ContainsKey("add"));
        Assert.False(own.ContainsKey("privileged"));
    }
}
