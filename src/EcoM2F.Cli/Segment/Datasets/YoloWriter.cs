using System.Text;
using System.Text.Json;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Files;

namespace EcoM2F.Cli.Segment.Datasets;

/// <summary>
/// YOLO's folder: <c>yolo/data.yaml</c> with the model's classes, and <c>yolo/labels</c> with a text file for each image. The images themselves
/// belong into <c>yolo/images</c>, which is left to its user: a link is enough.
/// </summary>
internal sealed class YoloWriter(DatasetHeader header) : IDatasetWriter
{
    public const string Name = "yolo";

    public static string LabelFolder { get; } = Path.Combine(Name, "labels");

    /// <exception cref="CliException">YOLO finds an image's labels by its name without the extension, and another image has that too.</exception>
    public static void CheckNames(IReadOnlyList<ImageFile> images)
    {
        if (images.FirstOrDefault(static image => image.Stem != Path.ChangeExtension(image.Name, null)) is { } image)
        {
            throw new CliException($"--format {Name}: {image.Path} differs from another image in its extension alone, and would have the same file of labels; rename one of them.");
        }
    }

    public void Add(DatasetEntry entry)
    {
        // Its labels are a file of its own.
    }

    public IReadOnlyList<string> Complete()
    {
        var path = Path.Combine(header.Output, Name, "data.yaml");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, $"{path}.{Guid.NewGuid():N}.tmp", Encoding.UTF8.GetBytes(Text()));
        return [path];
    }

    public void Dispose()
    {
        // Nothing is open between two calls.
    }

    private string Text()
    {
        var text = new StringBuilder()
            .Append("# Made by ecom2f segment with model ").Append(JsonEncodedText.Encode(header.Model.Name)).Append(' ').Append(JsonEncodedText.Encode(header.Model.Version)).Append('\n')
            .Append("# The images belong into the folder images beside this file; a link to them is enough.\n")
            .Append("train: images\nval: images\nnames:\n");
        for (var i = 0; i < header.Model.Classes.Count; i++)
        {
            // A name in quotation marks means the same in YAML and JSON.
            text.Append("  ").Append(i).Append(": \"").Append(JsonEncodedText.Encode(header.Model.Classes[i].Name)).Append("\"\n");
        }

        return text.ToString();
    }
}
