namespace EcoM2F.Cli.Tests;

/// <summary>A folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ecom2f-cli-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>Paths of all files below a folder, relative to it and sorted; none where it does not exist.</summary>
    public IReadOnlyList<string> Files(string folder) => Directory.Exists(this[folder])
        ? [.. Directory.EnumerateFiles(this[folder], "*", SearchOption.AllDirectories).Select(file => System.IO.Path.GetRelativePath(this[folder], file)).Order(StringComparer.Ordinal)]
        : [];
}
