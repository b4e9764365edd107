namespace EcoM2F.Inference.Models;

/// <summary>
/// Where models are when no folder is configured. `dotnet run` makes the project's folder the content root, so the
/// repository's `models` is looked for beside the solution too.
/// </summary>
public static class ModelsFolderLocator
{
    private const string FolderName = "models";
    private const string Solution = "EcoM2F.Serving.sln";

    /// <param name="configured">Relative to the current directory, as paths on a command line are; null or empty: look for it.</param>
    /// <returns>A full path; it need not exist.</returns>
    public static string Find(string? configured, string contentRoot, string baseDirectory)
    {
        if (!string.IsNullOrWhiteSpace(configured))
        {
            return Path.GetFullPath(configured);
        }

        var inContentRoot = Path.Combine(contentRoot, FolderName);
        return Directory.Exists(inContentRoot)
            ? inContentRoot
            : BesideSolution(baseDirectory) ?? Path.Combine(baseDirectory, FolderName);
    }

    private static string? BesideSolution(string baseDirectory)
    {
        for (var folder = new DirectoryInfo(baseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, FolderName);
            if (File.Exists(Path.Combine(folder.FullName, Solution)) && Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
