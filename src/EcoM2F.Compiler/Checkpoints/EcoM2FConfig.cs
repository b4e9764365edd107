using System.Text.Json.Nodes;
using EcoM2F.Inference.Models;

namespace EcoM2F.Compiler.Checkpoints;

/// <summary><c>ecom2f.json</c>: what Hugging Face's files cannot say. File and every key are optional.</summary>
internal sealed record EcoM2FConfig
{
    public const string FileName = "ecom2f.json";

    /// <summary>Null: not told.</summary>
    public IReadOnlyList<ModelClass>? Classes { get; init; }

    public required PostprocessingSettings Postprocessing { get; init; }

    public GateConfig? Gates { get; init; }

    public string? Licence { get; init; }

    public JsonObject? Provenance { get; init; }

    public static EcoM2FConfig Read(string folder, IReadOnlyList<string> labels)
    {
        var file = Path.Combine(folder, FileName);
        var keys = new ConfigKeys(File.Exists(file) ? ConfigKeys.Load(file) : [], file);
        keys.Allow("classes", "postprocessing", "gates", "licence", "provenance");
        return new EcoM2FConfig
        {
            Classes = keys.Array("classes") is { } classes ? ClassList.Read(classes, file, labels) : null,
            Postprocessing = ReadPostprocessing(keys.Object("postprocessing") ?? [], file),
            Gates = keys.Object("gates") is { } gates ? GateConfig.Read(gates, file) : null,
            Licence = keys.Text("licence", null),
            Provenance = keys.Object("provenance")?.DeepClone() as JsonObject,
        };
    }

    /// <summary>Defaults: the original Mask2Former's procedure with its score threshold.</summary>
    private static PostprocessingSettings ReadPostprocessing(JsonObject json, string file)
    {
        var keys = new ConfigKeys(json, file, "postprocessing.");
        keys.Allow("procedure", "score_threshold", "mask_threshold", "overlap_threshold");
        var procedure = keys.Text("procedure", PostprocessingSettings.Meta)!;
        return procedure is PostprocessingSettings.Meta or PostprocessingSettings.HuggingFace
            ? new PostprocessingSettings(procedure, Threshold("score_threshold", 0.8), Threshold("mask_threshold", 0.5), Threshold("overlap_threshold", 0.8))
            : throw keys.Error("procedure", $"{PostprocessingSettings.Meta} or {PostprocessingSettings.HuggingFace}");

        float Threshold(string key, double absent) => (float)keys.Double(key, absent, 0, 1);
    }
}
