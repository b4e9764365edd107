using System.Text.Json.Nodes;

namespace EcoM2F.Deploy.Tests.Kubernetes;

/// <summary>Ways through a manifest; every step that is not there fails the test that takes it.</summary>
internal static class ManifestNodes
{
    public static string Text(this JsonObject node, string key) => Assert.IsType<JsonValue>(node[key], exactMatch: false).ToString();

    /// <param name="path">Keys with dots between.</param>
    public static JsonObject At(this JsonObject node, string path) =>
        path.Split('.').Aggregate(node, static (at, key) => Assert.IsType<JsonObject>(at[key]));

    public static IReadOnlyList<JsonObject> List(this JsonObject node, string key) => [.. Assert.IsType<JsonArray>(node[key]).OfType<JsonObject>()];

    public static bool IsWorkload(this JsonObject resource) => resource.Text("kind") is "Deployment" or "Job";

    public static JsonObject PodSpec(this JsonObject workload) => workload.At("spec.template.spec");

    public static IReadOnlyList<JsonObject> Containers(this JsonObject podSpec) => podSpec.List("containers");

    public static JsonObject Only(this IEnumerable<JsonObject> resources, string kind) =>
        Assert.Single(resources, resource => resource.Text("kind") == kind);

    public static Dictionary<string, string> Labels(this JsonObject labels) => labels.ToDictionary(static label => label.Key, static label => label.Value!.GetValue<string>());

    /// <summary>Environment of a container, by name.</summary>
    public static Dictionary<string, string> Environment(this JsonObject container) =>
        container.List("env").ToDictionary(static variable => variable.Text("name"), static variable => variable["value"]!.GetValue<string>());

    /// <summary>Those that are settings of the service, as keys with colons.</summary>
    public static Dictionary<string, string> Settings(this JsonObject container) => container.Environment()
        .Where(static variable => variable.Key.Contains("__", StringComparison.Ordinal))
        .ToDictionary(static variable => variable.Key.Replace("__", ":", StringComparison.Ordinal), static variable => variable.Value);

    /// <summary>Cores or bytes of a resource quantity.</summary>
    public static double Quantity(this JsonObject resources, string key)
    {
        var text = resources.Text(key);
        var suffix = text.TrimStart("0123456789.".ToCharArray());
        var factor = suffix switch { "" => 1, "m" => 0.001, "Mi" => 1024.0 * 1024, "Gi" => 1024.0 * 1024 * 1024, _ => throw new InvalidDataException($"{key}: {text}") };
        return factor * double.Parse(text[..^suffix.Length], System.Globalization.CultureInfo.InvariantCulture);
    }
}
