using EcoM2F.TestSupport;

namespace EcoM2F.Benchmarks.Load;

/// <summary>What clients send.</summary>
internal static class Photos
{
    /// <summary>The tests' photos, or all JPEG and PNG files of a folder, by name.</summary>
    public static IReadOnlyList<(string Name, byte[] Bytes)> Read(string? folder = null) =>
        [.. Directory.GetFiles(folder ?? Path.Combine(RepositoryPaths.Fixtures, "photos"))
            .Where(static file => Path.GetExtension(file) is ".jpg" or ".png").Order(StringComparer.Ordinal).Select(static file => (Path.GetFileName(file), File.ReadAllBytes(file)))];
}
