using System.Text.RegularExpressions;
using System.Xml.Linq;
using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Architecture;

/// <summary>The repository's projects and folders, and which of them use which, read from their sources.</summary>
internal static class SourceTree
{
    private const string Prefix = "EcoM2F.";

    /// <summary>Every project with its project references, without <c>EcoM2F.</c>.</summary>
    /// <param name="folder"><c>src</c> or <c>tests</c>.</param>
    public static DependencyGraph Projects(string folder)
    {
        var files = Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, folder), "*.csproj", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 });
        return new DependencyGraph(files.ToDictionary(Name, static file => (IReadOnlySet<string>)XDocument.Load(file).Descendants("ProjectReference")
            .Select(static reference => Name(reference.Attribute("Include")!.Value.Replace('\\', '/'))).ToHashSet()));
    }

    /// <summary>Every folder of a project with the folders whose namespace or types it names.</summary>
    public static DependencyGraph FoldersOf(string project)
    {
        var root = Path.Combine(RepositoryPaths.Root, "src", Prefix + project);
        var folders = Directory.EnumerateDirectories(root).Where(static folder => Path.GetFileName(folder) is not ("bin" or "obj"))
            .Select(static folder => (Name: Path.GetFileName(folder), Files: Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories)))
            .Where(static folder => folder.Files.Length > 0) // a branch switched leaves empty ones behind
            .ToDictionary(static folder => folder.Name, static folder => folder.Files);
        var types = folders.ToDictionary(static folder => folder.Key, static folder => folder.Value.Select(Path.GetFileNameWithoutExtension).ToHashSet());
        var ofNamespace = new Regex($@"\b{Regex.Escape(Prefix + project)}\.(?<folder>\w+)");

        // "Engine.LoadedModel" needs no using within the project's own namespace.
        var ofType = new Regex($@"(?<![.\w])(?<folder>{string.Join('|', folders.Keys)})\.(?<type>\w+)");
        return new DependencyGraph(folders.ToDictionary(static folder => folder.Key, folder => (IReadOnlySet<string>)folder.Value.Select(File.ReadAllText)
            .SelectMany(text => ofNamespace.Matches(text).Concat(ofType.Matches(text).Where(match => types[match.Groups["folder"].Value].Contains(match.Groups["type"].Value))))
            .Select(static match => match.Groups["folder"].Value)
            .Where(name => name != folder.Key && folders.ContainsKey(name)).ToHashSet()));
    }

    private static string Name(string projectFile) => Path.GetFileNameWithoutExtension(projectFile)[Prefix.Length..];
}
