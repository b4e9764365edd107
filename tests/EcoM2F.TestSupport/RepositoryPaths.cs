namespace EcoM2F.TestSupport;

/// <summary>Where tests find the repository's own files.</summary>
public static class RepositoryPaths
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    public static string Fixtures => Path.Combine(Root, "tests", "fixtures");

    public static string DefaultModel => Path.Combine(Root, "models", "default");

    /// <summary>Development data beside the repository; absent on a user's machine, so only ever an extra.</summary>
    public static string Shared { get; } = FindShared();

    /// <summary>Beside the repository; a worktree lies one folder deeper.</summary>
    private static string FindShared()
    {
        var beside = Path.GetFullPath(Path.Combine(Root, "..", "shared"));
        var above = Path.GetFullPath(Path.Combine(Root, "..", "..", "shared"));
        return !Directory.Exists(beside) && Directory.Exists(above) ? above : beside;
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "EcoM2F.Serving.sln")))
        {
            folder = Path.GetDirectoryName(folder)
                ?? throw new InvalidOperationException($"No EcoM2F.Serving.sln above {AppContext.BaseDirectory}.");
        }

        return folder;
    }
}
