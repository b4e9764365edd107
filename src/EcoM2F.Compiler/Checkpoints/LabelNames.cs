using System.Globalization;
using System.Text.Json.Nodes;

namespace EcoM2F.Compiler.Checkpoints;

/// <summary><c>id2label</c>: class names by label index, in any order. "No object" is not among them.</summary>
internal static class LabelNames
{
    private const int Most = 65536;

    /// <summary>An index that has no name, as between COCO's category numbers, is called LABEL_ and its number, as in Hugging Face.</summary>
    /// <exception cref="CompileException">Absent or empty, a key that is no index, or a name that is no text.</exception>
    public static IReadOnlyList<string> Read(ConfigKeys keys)
    {
        var labels = keys.Object("id2label") ?? throw keys.Error("id2label", "an object with a name for each label index");
        var names = new SortedDictionary<int, string>();
        foreach (var (key, node) in labels)
        {
            if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= Most || !names.TryAdd(index, Name(node)))
            {
                throw keys.Error("id2label", $"each index from 0 to {Most - 1} at most once as a key; '{key}' is not");
            }
        }

        return names.Count > 0
            ? [.. Enumerable.Range(0, names.Keys.Max() + 1).Select(i => names.GetValueOrDefault(i) ?? $"LABEL_{i.ToString(CultureInfo.InvariantCulture)}")]
            : throw keys.Error("id2label", "at least one label");

        string Name(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var name) && name.Length > 0
            ? name
            : throw keys.Error("id2label", "names that are texts and not empty");
    }
}
