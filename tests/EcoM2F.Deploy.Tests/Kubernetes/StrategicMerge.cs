using System.Text.Json.Nodes;

namespace EcoM2F.Deploy.Tests.Kubernetes;

/// <summary>
/// Strategic merge patches as far as our overlays use them: mappings merge, a null removes, lists of named things merge by their
/// key, every other list replaces.
/// </summary>
internal static class StrategicMerge
{
    /// <summary>Lists that merge, by the field that names an item.</summary>
    private static readonly Dictionary<string, string> MergeKeys = new(StringComparer.Ordinal)
    {
        ["containers"] = "name",
        ["env"] = "name",
        ["volumes"] = "name",
        ["volumeMounts"] = "mountPath",
    };

    public static void Apply(JsonObject target, JsonObject patch)
    {
        foreach (var (key, value) in patch)
        {
            switch (value, target[key])
            {
                case (null, _):
                    target.Remove(key);
                    break;
                case (JsonObject change, JsonObject existing):
                    Apply(existing, change);
                    break;
                case (JsonArray change, JsonArray existing) when MergeKeys.TryGetValue(key, out var mergeKey):
                    ApplyList(existing, change, mergeKey);
                    break;
                default:
                    target[key] = value.DeepClone();
                    break;
            }
        }
    }

    private static void ApplyList(JsonArray target, JsonArray patch, string mergeKey)
    {
        foreach (var item in patch.OfType<JsonObject>())
        {
            if (target.OfType<JsonObject>().SingleOrDefault(other => Text(other[mergeKey]) == Text(item[mergeKey])) is { } same)
            {
                Apply(same, item);
            }
            else
            {
                target.Add(item.DeepClone());
            }
        }
    }

    private static string? Text(JsonNode? node) => node?.GetValue<string>();
}
