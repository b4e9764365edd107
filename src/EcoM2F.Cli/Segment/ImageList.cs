using EcoM2F.Cli.Output;
using EcoM2F.Inference.Imaging;

namespace EcoM2F.Cli.Segment;

/// <summary>Finds the images that a command line names: files as they are, folders with everything below them that looks like an image.</summary>
internal static class ImageList
{
    /// <param name="output">Where results go: files in it are results, not images to segment.</param>
    /// <param name="names">Where earlier runs into the same folder put their results.</param>
    /// <returns>Sorted by name, so that every shard and every run sees the same order.</returns>
    /// <exception cref="CliException">A path does not exist or contains no image, or two images have the same name.</exception>
    public static IReadOnlyList<ImageFile> Find(IEnumerable<string> paths, string output, ResultNames names)
    {
        var byName = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            var found = FindIn(path, output);
            if (found.Count == 0)
            {
                throw new CliException($"'{path}' contains no image ({string.Join(", ", ImageFormats.Extensions)}).");
            }

            foreach (var (file, name) in found.Where(image => seen.Add(image.File)))
            {
                if (!byName.TryAdd(name, file))
                {
                    throw new CliException($"{byName[name]} and {file} would both write to '{name}'; segment them into different folders.");
                }
            }
        }

        var stems = names.Assign(byName.Keys);
        return [.. byName.Select(image => new ImageFile(image.Value, image.Key, stems[image.Key]))];
    }

    private static List<(string File, string Name)> FindIn(string path, string output)
    {
        if (File.Exists(path))
        {
            return [(Path.GetFullPath(path), Path.GetFileName(path))];
        }

        if (!Directory.Exists(path))
        {
            throw new CliException($"'{path}' does not exist.");
        }

        var (folder, results) = (RealPath.Of(path), RealPath.Of(output));
        if (folder == results)
        {
            throw new CliException($"--output is {path}, where the images are; choose another folder (one below it is fine).");
        }

        // Label maps that this or another run left below the folder are no images.
        var full = Path.GetFullPath(path);
        return
        [
            .. ImageFolder.ImagesBelow(full, below => below == results || (below != folder && File.Exists(Path.Combine(below, RunRecord.FileName))))
                .Select(file => (file, Path.GetRelativePath(full, file))),
        ];
    }
}
