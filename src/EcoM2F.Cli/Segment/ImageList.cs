using EcoM2F.Cli.Output;
using EcoM2F.Inference.Imaging;

namespace EcoM2F.Cli.Segment;

/// <summary>
/// Finds the images that a command line names: files as they are, folders with everything below them that looks like an image, patterns with
/// what they match, and with <c>-</c> the files of a list on stdin.
/// </summary>
internal static class ImageList
{
    public const string Stdin = "-";

    /// <param name="paths">As the command line has them.</param>
    /// <param name="list">Lines of stdin, read if one of the paths is <see cref="Stdin"/>.</param>
    /// <param name="output">Where results go: files in it are results, not images to segment.</param>
    /// <param name="names">Where earlier runs into the same folder put their results.</param>
    /// <returns>Sorted by name, so that every shard and every run sees the same order.</returns>
    /// <exception cref="CliException">A path does not exist or contains no image, or two images have the same name.</exception>
    public static IReadOnlyList<ImageFile> Find(IEnumerable<string> paths, TextReader list, string output, ResultNames names)
    {
        var byName = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            var found = path == Stdin ? FindListed(list) : FindIn(path, output);

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

    /// <summary>
    /// A listed file keeps its path as its name, so that files of the same name in different folders can be in one list, and a longer list
    /// tomorrow gives the files of today the same names.
    /// </summary>
    private static List<(string File, string Name)> FindListed(TextReader list)
    {
        var found = new List<(string File, string Name)>();
        while (list.ReadLine() is { } line)
        {
            if (line.Length == 0)
            {
                continue;
            }

            if (!File.Exists(line))
            {
                throw new CliException(Directory.Exists(line)
                    ? $"The list on stdin has the folder '{line}'; allowed are images, one a line."
                    : $"The list on stdin has '{line}', which does not exist; allowed are paths of images, one a line.");
            }

            found.Add((Path.GetFullPath(line), NameOf(line)));
        }

        return found.Count > 0 ? found : throw new CliException("The list on stdin is empty; paths of images, one a line, were expected.");
    }

    private static bool IsBelow(string file, string folder) => !Path.GetRelativePath(folder, file).StartsWith("..", StringComparison.Ordinal);

    /// <summary>The path below its root, without steps up that it begins with.</summary>
    private static string NameOf(string path)
    {
        var parts = new List<string>();
        foreach (var part in path[(Path.GetPathRoot(path)?.Length ?? 0)..].Split(['/', Path.DirectorySeparatorChar]).Where(static part => part is not ("" or ".")))
        {
            if (part == "..")
            {
                parts.RemoveRange(Math.Max(0, parts.Count - 1), Math.Min(1, parts.Count));
            }
            else
            {
                parts.Add(part);
            }
        }

        return Path.Combine([.. parts]);
    }

    private static List<(string File, string Name)> FindIn(string path, string output)
    {
        if (File.Exists(path))
        {
            return [(Path.GetFullPath(path), Path.GetFileName(path))];
        }

        if (!Directory.Exists(path) && PathPattern.Parse(path) is { } pattern)
        {
            var matches = pattern.Files().Where(file => ImageFormats.HasExtension(file) && !IsBelow(file, output)).Select(file => (file, Path.GetRelativePath(pattern.Root, file))).ToList();
            return matches.Count > 0 ? matches : throw new CliException($"'{path}' matches no image ({string.Join(", ", ImageFormats.Extensions)}).");
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
        List<(string, string)> images =
        [
            .. ImageFolder.ImagesBelow(full, below => below == results || (below != folder && File.Exists(Path.Combine(below, RunRecord.FileName))))
                .Select(file => (file, Path.GetRelativePath(full, file))),
        ];
        return images.Count > 0 ? images : throw new CliException($"'{path}' contains no image ({string.Join(", ", ImageFormats.Extensions)}).");
    }
}
