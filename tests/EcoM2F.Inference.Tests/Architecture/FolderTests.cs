namespace EcoM2F.Inference.Tests.Architecture;

/// <summary>Which folders use which, against <c>docs/architecture.md</c>.</summary>
public sealed class FolderTests
{
    private static ArchitecturePage Page { get; } = ArchitecturePage.Section("Folders of Inference");

    [Theory]
    [InlineData("Inference")]
    [InlineData("Compiler")]
    public void Folders_Sources_HaveNoCircle(string project)
    {
        var sut = SourceTree.FoldersOf(project);

        Assert.True(sut.Uses.Count > 3);
        Assert.Empty(sut.InCircles);
    }

    [Fact]
    public void Folders_Sources_UseWhatThePageLists() => Assert.Equal(Page.Table.Lines, SourceTree.FoldersOf("Inference").Lines);

    [Fact]
    public void Folders_Picture_ShowsWhatThePageLists() => Assert.Equal(Page.Table.Closure().Lines, Page.Picture.Closure().Lines);

    [Fact]
    public void InCircles_NamesThatLeadBack_AreFound()
    {
        var sut = new DependencyGraph(new Dictionary<string, IReadOnlySet<string>>
        {
            ["A"] = new HashSet<string> { "B" },
            ["B"] = new HashSet<string> { "C", "D" },
            ["C"] = new HashSet<string> { "A" },
            ["D"] = new HashSet<string>(),
        });

        Assert.Equal(["A", "B", "C"], sut.InCircles);
    }
}
