using System.Text.Json.Nodes;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Tests.Datasets;

public sealed class PolygonRasterTests
{
    [Fact]
    public void Read_OutlinesOfCoco_EqualPycocotoolsRuns()
    {
        var masks = MetricFixtures.Json("instance", "gt.json")["annotations"]!.AsArray().ToDictionary(static item => (long)item!["id"]!, static item => item!["segmentation"]!);
        var outlines = MetricFixtures.Json("instance", "polygons.json").AsArray().Where(static item => item!["segmentation"] is JsonArray).ToList();
        Assert.True(outlines.Count > 400);
        foreach (var item in outlines)
        {
            var expected = masks[(long)item!["id"]!];
            var (height, width) = ((int)expected["size"]![0]!, (int)expected["size"]![1]!);
            double[][] polygons = [.. item["segmentation"]!.AsArray().Select(static polygon => polygon!.AsArray().Select(static value => value!.GetValue<double>()).ToArray())];
            var actual = CocoMask.Read(new CocoSegmentation(polygons), new Entry("polygons.json", $"id {item["id"]}"), height, width);
            var truth = RunMask.Of(new CocoRle(height, width, (string)expected["counts"]!));
            Assert.Equal((truth.Area, truth.Box, truth.Area), (actual.Area, actual.Box, actual.Intersection(truth)));
        }
    }

    [Fact]
    public void Fill_OutlinesOfOnePart_GivesTheSameText()
    {
        var masks = MetricFixtures.Json("instance", "gt.json")["annotations"]!.AsArray().ToDictionary(static item => (long)item!["id"]!, static item => item!["segmentation"]!);
        foreach (var item in MetricFixtures.Json("instance", "polygons.json").AsArray().Where(static item => item!["segmentation"] is JsonArray { Count: 1 }))
        {
            var expected = masks[(long)item!["id"]!];
            double[] polygon = [.. item["segmentation"]![0]!.AsArray().Select(static value => value!.GetValue<double>())];
            Assert.Equal((string?)expected["counts"], PolygonRaster.Fill(polygon, (int)expected["size"]![0]!, (int)expected["size"]![1]!).Counts);
        }
    }

    [Theory]
    [InlineData(0, 0, 5, 4)]
    [InlineData(1, 2, 3, 4)]
    [InlineData(0, 0, 1, 1)]
    [InlineData(-3, -2, 9, 9)]
    public void Fill_RectangleOnPixelEdges_IsThatRectangle(int left, int top, int right, int bottom)
    {
        const int Height = 4;
        const int Width = 5;
        var mask = new byte[Height * Width];
        PolygonRaster.Fill([left, top, right, top, right, bottom, left, bottom], Height, Width).Decode(mask);
        for (var i = 0; i < mask.Length; i++)
        {
            var (y, x) = Math.DivRem(i, Width);
            Assert.Equal(x >= left && x < right && y >= top && y < bottom, mask[i] == 1);
        }
    }

    [Theory]
    [InlineData(2.0, 2.0, 2.0, 2.0, 2.0, 2.0)] // one point
    [InlineData(0.0, 0.0, 4.0, 4.0, 0.0, 0.0)] // a line
    [InlineData(-9.0, -9.0, -8.0, -9.0, -8.0, -8.0)] // outside
    [InlineData(90.0, 90.0, 99.0, 90.0, 90.0, 99.0)]
    public void Fill_OutlineThatHoldsNoPixelCentre_IsEmpty(params double[] polygon) => Assert.Equal(0, PolygonRaster.Fill(polygon, 6, 7).Area());
}
