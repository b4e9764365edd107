using EcoM2F.Cli.Segment.Datasets;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Cli.Tests.Segment;

public sealed class YoloLabelsTests
{
    [Fact]
    public void Outline_PartsAndHoles_AreOneLineOfTheSameArea()
    {
        MaskPolygon[] polygons = [new([0, 0, 10, 0, 10, 10, 0, 10], [[2, 2, 2, 4, 4, 4, 4, 2]]), new([12, 0, 14, 0, 14, 2, 12, 2], [])];
        var outline = YoloLabels.Outline(polygons);

        Assert.Equal(100 - 4 + 4, Area(outline));
        Assert.Equal(4 + 4 + 2 + 4 + 2, outline.Count);
        Assert.All(((int X, int Y)[])[(0, 0), (4, 4), (14, 2)], corner => Assert.Contains(corner, outline));
    }

    [Fact]
    public void Outline_NoPart_IsEmpty() => Assert.Empty(YoloLabels.Outline([]));

    private static double Area(List<(int X, int Y)> points) =>
        points.Zip(points.Skip(1).Append(points[0]), static (a, b) => (a.X * b.Y) - (b.X * a.Y)).Sum() / 2.0;
}
