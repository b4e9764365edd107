namespace EcoM2F.Inference.Imaging;

/// <summary>
/// Lists folders of images. Hidden files and folders are skipped: those whose name begins with a dot (<c>.DS_Store</c>,
/// macOS's <c>._photo.jpg</c>, <c>.ipynb_checkpoints</c>) and those that systems keep for themselves.
/// </summary>
public static class ImageFolder
{
    private static readonly HashSet<string> SystemNames = new(StringComparer.OrdinalIgnoreCase)
    {
        "@eaDir", "#recycle", "#snapshot", "$RECYCLE.BIN", "System Volume Information", "__MACOSX", "lost+found", "Thumbs.db", "desktop.ini",
    };

    /// <summary>Names of the files directly in a folder, hidden ones left out, in ordinal order.</summary>
    public static IEnumerable<string> FileNames(string folder) =>
        Directory.EnumerateFiles(folder).Select(Path.GetFileName).OfType<string>().Where(static name => !IsHidden(name)).Order(StringComparer.Ordinal);

    /// <summary>Paths of the images (by <see cref="ImageFormats.HasExtension"/>) in a folder and below it.</summary>
    /// <param name="folder">Searched even where its own name is hidden.</param>
    /// <param name="isSkipped">Whether a folder, given by its real path, is left out with all that is below it.</param>
    /// <returns>
    /// In ordinal order. Links to files are followed. Links to folders are followed too, but every real folder is searched once,
    /// under its own path where that lies below <paramref name="folder"/>.
    /// </returns>
    public static IReadOnlyList<string> ImagesBelow(string folder, Predicate<string> isSkipped)
    {
        var walk = new ImageFolderWalk(isSkipped);
        walk.Search(folder);
        return walk.Images;
    }

    internal static bool IsHidden(string name) => name.StartsWith('.') || SystemNames.Contains(name);
}
