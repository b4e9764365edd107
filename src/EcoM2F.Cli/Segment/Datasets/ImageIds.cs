using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Json;

namespace EcoM2F.Cli.Segment.Datasets;

/// <summary>
/// The ids that COCO's files give images: those of a given COCO file; else, where all names are different whole numbers as COCO's own are
/// (<c>000000000285.jpg</c>), those numbers; else 1, 2, ... in the order of the names.
/// </summary>
internal static class ImageIds
{
    /// <param name="images">All images of the command.</param>
    /// <param name="file">COCO JSON whose <c>images</c> have the ids; null: there is none.</param>
    /// <returns>By name; an id as JSON.</returns>
    /// <exception cref="CliException">The file cannot be read, or lacks an image.</exception>
    public static IReadOnlyDictionary<string, string> Assign(IReadOnlyList<ImageFile> images, string? file) =>
        file is not null ? FromFile(images, file) : FromNames(images) ?? InOrder(images);

    private static Dictionary<string, string>? FromNames(IReadOnlyList<ImageFile> images)
    {
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        var seen = new HashSet<long>();
        foreach (var image in images)
        {
            if (!long.TryParse(Path.GetFileNameWithoutExtension(image.Name), NumberStyles.None, CultureInfo.InvariantCulture, out var id) || !seen.Add(id))
            {
                return null;
            }

            ids.Add(image.Name, id.ToString(CultureInfo.InvariantCulture));
        }

        return ids;
    }

    private static Dictionary<string, string> InOrder(IReadOnlyList<ImageFile> images) => images
        .Select(static (image, i) => (image.Name, Id: (i + 1).ToString(CultureInfo.InvariantCulture)))
        .ToDictionary(static item => item.Name, static item => item.Id, StringComparer.Ordinal);

    private static Dictionary<string, string> FromFile(IReadOnlyList<ImageFile> images, string file)
    {
        var listed = Read(file);
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        var missing = new List<string>();
        foreach (var name in images.Select(static image => image.Name))
        {
            if (listed.TryGetValue(name.Replace('\\', '/'), out var id) || listed.TryGetValue(Path.GetFileName(name), out id))
            {
                ids.Add(name, id);
            }
            else
            {
                missing.Add(name);
            }
        }

        return missing.Count == 0
            ? ids
            : throw new CliException($"--image-ids: {file} lacks {missing.Count} of {images.Count} images: {string.Join(", ", missing.Take(10))}{(missing.Count > 10 ? ", ..." : "")}.");
    }

    private static Dictionary<string, string> Read(string file)
    {
        if (!File.Exists(file))
        {
            throw new CliException($"--image-ids: there is no file {file}.");
        }

        try
        {
            var ids = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var image in JsonNode.Parse(JsonFile.ReadBytes(file))!["images"]!.AsArray())
            {
                ids[image!["file_name"]!.GetValue<string>()] = image["id"]!.ToJsonString();
            }

            return ids;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            throw new CliException($"--image-ids: {file} must be COCO JSON, whose 'images' have 'id' and 'file_name'.");
        }
    }
}
