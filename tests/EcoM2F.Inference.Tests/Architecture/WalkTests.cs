using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Architecture;

/// <summary>That the walks of <c>docs/architecture.md</c> lead along files that there are.</summary>
public sealed class WalkTests
{
    private static ArchitecturePage Page { get; } = ArchitecturePage.Section("Four walks");

    [Fact]
    public void Walks_Files_Exist()
    {
        Assert.Equal(4, Page.Walks.Count);
        Assert.All(Page.Walks.SelectMany(static walk => walk.Files), static file => Assert.True(File.Exists(Path.Combine(RepositoryPaths.Root, "src", file)), file));
    }

    [Fact]
    public void Walks_Headings_StateTheNumberOfFiles() => Assert.All(Page.Walks, static walk =>
    {
        Assert.Equal(walk.Stated, walk.Files.Count);
        Assert.Equal(walk.Files.Distinct(), walk.Files);
    });
}
