using System.Globalization;
using System.Text.Json.Nodes;

namespace EcoM2F.Compiler.Checkpoints;

/// <summary>Class names by label index. "No object" is not among them.</summary>
internal static class LabelNames
{
    private const int Most = 65536;

    /// <summary>
    /// <c>id2label</c>, in any order. Hugging Face leaves it out of the file where it equals the default, two labels; without it
    /// <c>num_labels</c>, an older key, or the checkpoint says how many there are. A label without a name, as between COCO's category
    /// numbers, is called LABEL_ and its number, as in Hugging Face.
    /// </summary>
    /// <param name="keys">Of config.json.</param>
    /// <param name="checkpoint">Whose classifier must have as many classes.</param>
    /// <param name="classifier">Prefix of the classifier's tensors, without the last dot.</param>
    /// <param name="hasNoObject">Whether one of the classifier's rows is for "no object".</param>
    /// <exception cref="CompileException">A key that is not an index, a name that is not text, or another number of labels than the checkpoint's.</exception>
    public static IReadOnlyList<string> Read(ConfigKeys keys, CheckpointReader checkpoint, string classifier, bool hasNoObject)
    {
        var counted = (int?)checkpoint.Rows(classifier + ".weight") - (hasNoObject ? 1 : 0);
        IReadOnlyList<string> labels = keys.Object("id2label") is { } named ? Named(keys, named)
            : Numbered(keys.Has("num_labels") ? keys.Int("num_labels", 2, 1, Most) : counted is > 0 and <= Most ? counted.Value : 2);
        return counted is null || counted == labels.Count
            ? labels
            : throw new CompileException(
                $"{keys.File}: '{(keys.Has("id2label") ? "id2label" : "num_labels")}' makes {labels.Count} labels, 0 to {labels.Count - 1}; the checkpoint's '{classifier}.weight' has {counted} classes.");
    }

    private static string[] Named(ConfigKeys keys, JsonObject labels)
    {
        var names = new SortedDictionary<int, string>();
        foreach (var (key, node) in labels)
        {
            if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= Most || !names.TryAdd(index, Name(node)))
            {
                throw keys.Error("id2label", $"label indices from 0 to {Most - 1} as keys, each once; '{key}' is not one of them");
            }
        }

        return names.Count > 0
            ? [.. Enumerable.Range(0, names.Keys.Max() + 1).Select(i => names.GetValueOrDefault(i) ?? Unnamed(i))]
            : throw keys.Error("id2label", "at least one label");

        string Name(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var name) && name.Length > 0
            ? name
            : throw keys.Error("id2label", "a string that is not empty for each label");
    }

    private static string[] Numbered(int count) => [.. Enumerable.Range(0, count).Select(Unnamed)];

    private static string Unnamed(int index) => $"LABEL_{index.ToString(CultureInfo.InvariantCulture)}";
}
