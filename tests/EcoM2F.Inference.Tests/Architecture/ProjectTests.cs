namespace EcoM2F.Inference.Tests.Architecture;

/// <summary>Which projects use which, against <c>docs/architecture.md</c>.</summary>
public sealed class ProjectTests
{
    private static ArchitecturePage Page { get; } = ArchitecturePage.Section("Projects");

    [Fact]
    public void Projects_References_AreThoseThatThePageLists() => Assert.Equal(Page.Table.Lines, SourceTree.Projects("src").Lines);

    [Fact]
    public void Projects_Picture_ShowsWhatThePageLists() => Assert.Equal(Page.Table.Closure().Lines, Page.Picture.Closure().Lines);

    [Fact]
    public void TestProjects_References_AreThoseThatThePageLists() =>
        Assert.Equal(ArchitecturePage.Section("Test projects").Table.Lines, SourceTree.Projects("tests").Lines);
}
