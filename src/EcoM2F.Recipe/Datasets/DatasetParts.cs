using EcoM2F.Inference.Models;

namespace EcoM2F.Recipe.Datasets;

/// <summary>A DATASET file with its paths resolved; what a task does not need is absent.</summary>
internal sealed record DatasetParts(string File, string Task, string Images, string? Annotations, string? Segments, LabelMapping? Mapping, IReadOnlyList<ModelClass> Classes)
{
    public const string Panoptic = "panoptic";
    public const string Instance = "instance";
    public const string Detection = "detection";
    public const string Semantic = "semantic";

    private static readonly string[] Keys = ["task", "images", "annotations", "segments", "labels", "mapping"];

    /// <exception cref="RecipeException">A key is unknown, missing or not for this task, or a part is not there.</exception>
    public static DatasetParts Read(string file, IReadOnlyList<ModelClass> classes)
    {
        file = Path.GetFullPath(file);
        var read = InputFile.ReadJson(file, "data set", CocoJson.Default.DatasetFile);
        var entry = new Entry(file, "");
        if (read.Unknown is { Count: > 0 } unknown)
        {
            throw entry.Error($"the key '{unknown.Keys.First()}' is unknown; allowed are {string.Join(", ", Keys)}");
        }

        var task = entry.Require(read.Task, "task");
        if (task is not (Panoptic or Instance or Detection or Semantic))
        {
            throw entry.Error($"'task' is '{task}'; allowed are {Panoptic}, {Instance}, {Detection} and {Semantic}");
        }

        if (task is Instance or Detection && read.Segments is not null)
        {
            throw entry.Error($"'segments' is for {Panoptic} and {Semantic} sets; the masks of this one are in 'annotations'");
        }

        return new DatasetParts(
            file,
            task,
            Folder(entry, read.Images, "images"),
            JsonPart(entry, read.Annotations, "annotations", required: task != Semantic),
            task is Instance or Detection ? null : Folder(entry, read.Segments, "segments"),
            ReadMapping(entry, read, classes),
            classes);
    }

    private static string Folder(Entry entry, string? part, string key)
    {
        var path = Resolve(entry, entry.Require(part, key));
        return Directory.Exists(path) ? path : throw entry.Error($"'{key}' is '{part}', and there is no folder {path}");
    }

    private static string? JsonPart(Entry entry, string? part, string key, bool required)
    {
        if (part is null && !required)
        {
            return null;
        }

        var path = Resolve(entry, entry.Require(part, key));
        return System.IO.File.Exists(path) ? path : throw entry.Error($"'{key}' is '{part}', and there is no file {path}");
    }

    private static LabelMapping? ReadMapping(Entry entry, DatasetFile read, IReadOnlyList<ModelClass> classes) => (read.Labels, read.Mapping) switch
    {
        (null, null) => null,
        (null, _) => throw entry.Error("'mapping' needs 'labels', the file that holds it"),
        (_, null) => throw entry.Error("'labels' needs 'mapping', the name of one in that file"),
        var (labels, mapping) => LabelMapping.Read(JsonPart(entry, labels, "labels", required: true)!, mapping, classes),
    };

    private static string Resolve(Entry entry, string part) => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(entry.File)!, part));
}
