using EcoM2F.Cli.Output;

namespace EcoM2F.Cli.Segment;

/// <param name="Path">The image.</param>
/// <param name="Stem">Where its results go, below the output folder and without ending: the path below the folder it was found in.</param>
internal sealed record ImageFile(string Path, string Stem);

/// <summary>Finds the images that a command line names: files as they are, folders with everything below them that looks like an image.</summary>
internal static class ImageList
{
    private static readonly HashSet<string> Endings = new(StringComparer.OrdinalIgnoreCase)
    {
        ".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".avif", ".heif", ".heic",
    };

    /// <returns>Sorted by where results go, so that every shard and every run sees the same order.</returns>
    /// <exception cref="CliException">Something does not exist, holds no image, or would write the results of another.</exception>
    public static IReadOnlyList<ImageFile> Find(IEnumerable<string> paths)
    {
        var byStem = new SortedDictionary<string, ImageFile>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            var found = 0;
            foreach (var image in FindIn(path))
            {
                found++;
                if (byStem.TryGetValue(image.Stem, out var other) && other.Path != image.Path)
                {
                    throw new CliException($"{other.Path} and {image.Path} would both write to '{image.Stem}'; segment them into different folders.");
                }

                byStem[image.Stem] = image;
            }

            if (found == 0)
            {
                throw new CliException($"{path} holds no image ({string.Join(", ", Endings.Order(StringComparer.Ordinal))}).");
            }
        }

        return [.. byStem.Values];
    }

    private static IEnumerable<ImageFile> FindIn(string path)
    {
        if (File.Exists(path))
        {
            return [new ImageFile(Path.GetFullPath(path), Path.GetFileNameWithoutExtension(path))];
        }

        return Directory.Exists(path)
            ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
                .Where(static file => Endings.Contains(Path.GetExtension(file)))
                .Select(file => new ImageFile(Path.GetFullPath(file), Path.ChangeExtension(Path.GetRelativePath(path, file), null)))
            : throw new CliException($"{path} does not exist.");
    }
}
