using System.Reflection;

namespace EcoM2F.Inference.Models;

/// <summary>Finds the folder that holds one folder per model.</summary>
public static class ModelsFolderLocator
{
    private const string FolderName = "models";

    /// <summary>
    /// The repository's models folder, which the build records unless it publishes or packs: `dotnet run` makes the project's folder the
    /// content root, and models lie at the repository's root. Null in a published program.
    /// </summary>
    private static readonly string? RepositoryModels = typeof(ModelsFolderLocator).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(static attribute => attribute.Key == nameof(RepositoryModels))?.Value;

    /// <summary>
    /// The configured folder; if none is configured, the first of these that exists: <c>models</c> in the content root, <c>models</c> beside
    /// the program, and, for a program built in the repository, the repository's <c>models</c>.
    /// </summary>
    /// <param name="configured">Relative to the current directory, as paths on a command line are. Null or empty: not configured.</param>
    /// <param name="contentRoot">The host's content root; for a command, the current directory.</param>
    /// <param name="baseDirectory">The program's own folder.</param>
    /// <returns>A full path. It need not exist: if nothing is found it is <c>models</c> beside the program.</returns>
    public static string Find(string? configured, string contentRoot, string baseDirectory) => Find(configured, contentRoot, baseDirectory, RepositoryModels);

    /// <inheritdoc cref="Find(string, string, string)"/>
    /// <param name="repositoryModels">Null: the program was not built in a repository, or was published.</param>
    internal static string Find(string? configured, string contentRoot, string baseDirectory, string? repositoryModels)
    {
        if (!string.IsNullOrWhiteSpace(configured))
        {
            return Path.GetFullPath(configured);
        }

        var inContentRoot = Path.GetFullPath(Path.Combine(contentRoot, FolderName));
        var besideProgram = Path.GetFullPath(Path.Combine(baseDirectory, FolderName));
        return Directory.Exists(inContentRoot) ? inContentRoot
            : !Directory.Exists(besideProgram) && Directory.Exists(repositoryModels) ? repositoryModels
            : besideProgram;
    }
}
