namespace EcoM2F.Deploy.Tests.Grafana;

public sealed class DashboardLayoutTests
{
    private readonly Dashboard _sut = Dashboard.EcoM2F;

    [Fact]
    public void Panels_OfEveryRow_LieInTheGrid() => Assert.All(_sut.Panels, static panel =>
    {
        var position = panel.Position;
        Assert.True(position is { X: >= 0, Y: >= 0, W: > 0, H: > 0 } && position.X + position.W <= GridPosition.Columns, $"{panel.Title}: {position}");
    });

    [Fact]
    public void Panels_AnyTwo_DoNotOverlap()
    {
        foreach (var (i, panel) in _sut.Panels.Index())
        {
            Assert.All(_sut.Panels.Skip(i + 1), other => Assert.False(panel.Position.Overlaps(other.Position), $"{panel.Title} lies over {other.Title}"));
        }
    }

    [Fact]
    public void Panels_FillTheirRows_WithoutHoles()
    {
        var cells = _sut.Panels.Sum(static panel => panel.Position.W * panel.Position.H);
        var height = _sut.Panels.Max(static panel => panel.Position.Y + panel.Position.H);

        Assert.Equal(GridPosition.Columns * height, cells);
    }

    [Theory]
    [InlineData("Average encoder depth")]
    [InlineData("Average depth by profile")]
    [InlineData("Encoder layers saved")]
    [InlineData("GMACs saved")]
    [InlineData("Requests per second")]
    [InlineData("Latency")]
    [InlineData("Errors and refusals")]
    public void Panels_OfTheFirstRow_ComeBeforeTheSecondHeading(string title) =>
        Assert.True(_sut.Panel(title).Position.Y < _sut.Panels.Where(static panel => panel.IsRow).ElementAt(1).Position.Y);

    [Fact]
    public void AverageDepth_IsTheLargestStat()
    {
        var stats = _sut.Panels.Where(static panel => panel.Type == "stat").OrderByDescending(static panel => panel.Position.W * panel.Position.H);

        Assert.Equal("Average encoder depth", stats.First().Title);
    }

    [Fact]
    public void Ids_OfPanels_AreUnique() =>
        Assert.Equal(_sut.Panels.Count, _sut.Panels.Select(static panel => panel.Id).Distinct().Count());

    [Fact]
    public void Titles_OfPanels_AreUnique() =>
        Assert.Equal(_sut.Panels.Count, _sut.Panels.Select(static panel => panel.Title).Distinct().Count());
}
