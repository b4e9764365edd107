namespace EcoM2F.Inference.Imaging;

/// <summary>One search through a tree of folders that may hold links, also ones that lead back into it.</summary>
internal sealed class ImageFolderWalk(Predicate<string> isSkipped)
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _links = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _images = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Images => [.. _images];

    /// <summary>Real folders come before links, so that an image has its own path rather than one that depends on a link's name.</summary>
    public void Search(string folder)
    {
        Visit(folder, RealPath.Of(folder));
        while (_links.Min is { } link)
        {
            _links.Remove(link);
            Visit(link, RealPath.Of(link));
        }
    }

    private void Visit(string folder, string real)
    {
        var pending = new Stack<(string Path, string Real)>([(folder, real)]);
        while (pending.TryPop(out var next))
        {
            if (!_seen.Add(next.Real) || isSkipped(next.Real))
            {
                continue;
            }

            foreach (var entry in new DirectoryInfo(next.Path).EnumerateFileSystemInfos().Where(static entry => !ImageFolder.IsHidden(entry.Name)))
            {
                var path = Path.Combine(next.Path, entry.Name);
                if (entry is not DirectoryInfo)
                {
                    AddImage(path);
                }
                else if (entry.LinkTarget is not null)
                {
                    _links.Add(path);
                }
                else
                {
                    pending.Push((path, Path.Combine(next.Real, entry.Name)));
                }
            }
        }
    }

    private void AddImage(string path)
    {
        if (ImageFormats.HasExtension(path))
        {
            _images.Add(path);
        }
    }
}
