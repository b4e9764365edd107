using System.Text.Json.Nodes;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Checkpoints;

/// <summary><c>ecom2f.json</c>: what Hugging Face's files cannot say. File and every key are optional.</summary>
internal sealed record EcoM2FConfig
{
    public const string FileName = "ecom2f.json";

    private const string ClassThresholds = "postprocessing.class_thresholds.";

    /// <summary>Null: not told.</summary>
    public IReadOnlyList<ModelClass>? Classes { get; init; }

    public required PostprocessingSettings Postprocessing { get; init; }

    public GateConfig? Gates { get; init; }

    public string? Licence { get; init; }

    public JsonObject? Provenance { get; init; }

    /// <summary>Thresholds must be of classes; what those are called may be said elsewhere.</summary>
    /// <param name="folder">The checkpoint's.</param>
    /// <exception cref="CompileException">One is not.</exception>
    public void RequireClasses(string folder, IReadOnlyList<ModelClass> classes)
    {
        if (Postprocessing.ClassThresholds?.Keys.FirstOrDefault(name => classes.All(known => known.Name != name)) is { } unknown)
        {
            throw new CompileException($"{Path.Combine(folder, FileName)}: the key '{ClassThresholds}{unknown}' is of no class; the classes are {string.Join(", ", classes.Select(static known => known.Name).Distinct())}.");
        }
    }

    /// <param name="folder">The checkpoint's.</param>
    /// <param name="labels">id2label.</param>
    /// <param name="postprocessing">The architecture's defaults.</param>
    public static EcoM2FConfig Read(string folder, IReadOnlyList<string> labels, PostprocessingSettings postprocessing)
    {
        var file = Path.Combine(folder, FileName);
        var keys = new ConfigKeys(File.Exists(file) ? ConfigKeys.Load(file) : [], file);
        keys.Allow("classes", "postprocessing", "gates", "licence", "provenance");
        return new EcoM2FConfig
        {
            Classes = keys.Array("classes") is { } classes ? ClassList.Read(classes, file, labels) : null,
            Postprocessing = ReadPostprocessing(keys.Object("postprocessing") ?? [], file, postprocessing),
            Gates = keys.Object("gates") is { } gates ? GateConfig.Read(gates, file) : null,
            Licence = keys.Text("licence", null),
            Provenance = keys.Object("provenance")?.DeepClone() as JsonObject,
        };
    }

    private static PostprocessingSettings ReadPostprocessing(JsonObject json, string file, PostprocessingSettings defaults)
    {
        var keys = new ConfigKeys(json, file, "postprocessing.");
        var score = Threshold("score_threshold", defaults.ScoreThreshold);
        if (defaults.MakesBoxes)
        {
            keys.Allow("procedure", "score_threshold");
            keys.Require("procedure", defaults.Procedure, absent: defaults.Procedure);
            return defaults with { ScoreThreshold = score };
        }

        keys.Allow("procedure", "score_threshold", "mask_threshold", "overlap_threshold", "class_thresholds");
        var procedure = keys.Text("procedure", defaults.Procedure)!;
        return procedure is PostprocessingSettings.Meta or PostprocessingSettings.HuggingFace
            ? new PostprocessingSettings(procedure, score, Threshold("mask_threshold", defaults.MaskThreshold!.Value), Threshold("overlap_threshold", defaults.OverlapThreshold!.Value)) { ClassThresholds = keys.Object("class_thresholds") is { } own ? ReadClassThresholds(own, file) : null }
            : throw keys.Error("procedure", $"{PostprocessingSettings.Meta} or {PostprocessingSettings.HuggingFace}");

        float Threshold(string key, float absent) => (float)keys.Double(key, absent, 0, 1);
    }

    private static Dictionary<string, float> ReadClassThresholds(JsonObject json, string file)
    {
        var keys = new ConfigKeys(json, file, ClassThresholds);
        return json.ToDictionary(
            static entry => entry.Key, entry => keys.Has(entry.Key) ? (float)keys.Double(entry.Key, 0, 0, 1) : throw keys.Error(entry.Key, "a number from 0 to 1"), StringComparer.Ordinal);
    }
}
