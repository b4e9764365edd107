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

    /// <param name="output">Where results go: what lies there is a result and no image to segment.</param>
    /// <returns>Sorted by where results go, so that every shard and every run sees the same order.</returns>
    /// <exception cref="CliException">Something does not exist, holds no image, or would write the results of another.</exception>
    public static IReadOnlyList<ImageFile> Find(IEnumerable<string> paths, string output)
    {
        var byStem = new SortedDictionary<string, ImageFile>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            var found = 0;
            foreach (var image in FindIn(path, output))
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
                throw new CliException($"'{path}' holds no image ({string.Join(", ", Endings.Order(StringComparer.Ordinal))}).");
            }
        }

        return [.. byStem.Values];
    }

    private static IEnumerable<ImageFile> FindIn(string path, string output)
    {
        if (File.Exists(path))
        {
            return [new ImageFile(Path.GetFullPath(path), Path.GetFileNameWithoutExtension(path))];
        }

        if (!Directory.Exists(path))
        {
            throw new CliException($"'{path}' does not exist.");
        }

        var (folder, results) = (WithSeparator(path), WithSeparator(output));
        if (folder == results)
        {
            throw new CliException($"--output is {path}, where the images are; choose another folder (one below it is fine).");
        }

        // Label maps that this or another run left below the folder are no images.
        var skipped = Directory.EnumerateFiles(folder, RunRecord.FileName, SearchOption.AllDirectories)
            .Select(static record => WithSeparator(Path.GetDirectoryName(record)!))
            .Append(results)
            .Where(below => below.StartsWith(folder, StringComparison.Ordinal) && below != folder)
            .ToList();
        return Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => Endings.Contains(Path.GetExtension(file)) && !skipped.Exists(below => file.StartsWith(below, StringComparison.Ordinal)))
            .Select(file => new ImageFile(file, Path.ChangeExtension(Path.GetRelativePath(folder, file), null)));
    }

    private static string WithSeparator(string path)
    {
        var full = Path.GetFullPath(path);
        return Path.EndsInDirectorySeparator(full) ? full : full + Path.DirectorySeparatorChar;
    }
}
