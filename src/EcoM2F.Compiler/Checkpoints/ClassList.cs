using System.Text.Json.Nodes;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Checkpoints;

/// <summary>A list <c>classes</c> of <c>{"id", "name", "isthing", "color"}</c>, by label index.</summary>
internal static class ClassList
{
    /// <param name="labels">id2label: how many there must be.</param>
    public static IReadOnlyList<ModelClass> Read(JsonArray array, string file, IReadOnlyList<string> labels)
    {
        if (array.Count != labels.Count)
        {
            throw new CompileException($"{file}: 'classes' has {array.Count} entries; config.json makes {labels.Count} labels.");
        }

        return [.. array.Select((node, index) => ReadOne(node, file, index, labels))];
    }

    /// <summary>All things, for a checkpoint that does not say; colours spread over the hues.</summary>
    public static IReadOnlyList<ModelClass> FromLabels(IReadOnlyList<string> labels) =>
        [.. labels.Select((label, index) => new ModelClass(index, label, Isthing: true, Color(index)))];

    private static ModelClass ReadOne(JsonNode? node, string file, int index, IReadOnlyList<string> labels)
    {
        var path = $"classes[{index}].";
        var keys = new ConfigKeys(node as JsonObject ?? throw new CompileException($"{file}: 'classes[{index}]' must be an object."), file, path);
        keys.Allow("id", "name", "isthing", "color");
        if (keys.Int("id", -1, 0) != index)
        {
            throw keys.Error("id", $"{index}, the place in the list");
        }

        var name = keys.Text("name", labels[index])!;
        if (name.Length == 0)
        {
            throw keys.Error("name", "a name that is not empty");
        }

        var color = keys.Text("color", Color(index))!;
        return ModelClass.IsColor(color)
            ? new ModelClass(index, name, keys.Bool("isthing", true), color.ToLowerInvariant())
            : throw keys.Error("color", "#rrggbb");
    }

    /// <summary>Steps of the golden angle keep neighbours in the list apart.</summary>
    private static string Color(int index)
    {
        var hue = index * 137.508 % 360 / 60;
        return $"#{Channel(5):x2}{Channel(3):x2}{Channel(1):x2}";

        int Channel(int n)
        {
            var k = (n + hue) % 6;
            return (int)Math.Round(230 * (1 - (0.75 * Math.Max(0, Math.Min(Math.Min(k, 4 - k), 1)))));
        }
    }
}
