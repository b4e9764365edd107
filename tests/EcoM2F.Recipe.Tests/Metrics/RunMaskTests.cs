using System.Text.Json.Nodes;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Recipe.Metrics;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Metrics;

public sealed class RunMaskTests
{
    [Fact]
    public void Of_ReferenceMasks_HasPycocotoolsAreaAndBox()
    {
        var cases = JsonNode.Parse(File.ReadAllText(Path.Combine(RepositoryPaths.Fixtures, "rle", "rle.json")))!.AsArray();
        Assert.NotEmpty(cases);
        foreach (var item in cases)
        {
            var mask = RunMask.Of(new CocoRle((int)item!["height"]!, (int)item["width"]!, (string)item["counts"]!));
            double[] box = [.. item["bbox"]!.AsArray().Select(static value => value!.GetValue<double>())];
            Assert.Equal((int)item["area"]!, mask.Area);
            Assert.Equal(new Box(box[0], box[1], box[2], box[3]), mask.Box);
        }
    }

    [Fact]
    public void IntersectionAndUnion_RandomMasks_EqualBitmaps()
    {
        var random = new Random(2);
        for (var round = 0; round < 100; round++)
        {
            var (height, width) = (random.Next(1, 12), random.Next(1, 12));
            var (first, second) = (Bits(random, height * width), Bits(random, height * width));
            var (a, b) = (Mask(first, height, width), Mask(second, height, width));

            Assert.Equal(first.Zip(second).Count(static pair => pair is (1, 1)), a.Intersection(b));
            var union = RunMask.Union([a, b]);
            Assert.Equal(first.Zip(second).Count(static pair => pair.First + pair.Second > 0), union.Area);
            Assert.Equal(Mask([.. first.Zip(second, static (x, y) => (byte)(x | y))], height, width).Box, union.Box);
        }
    }

    [Fact]
    public void Of_RunsOfLengthZero_JoinsWhatTouches()
    {
        var mask = RunMask.Of(CocoRle.FromCounts([1, 2, 0, 1, 0, 0, 2], 2, 3));
        Assert.Equal((3, new Box(0, 0, 2, 2)), (mask.Area, mask.Box));
        Assert.Equal(3, mask.Intersection(RunMask.Of(CocoRle.FromCounts([0, 6], 2, 3))));
    }

    private static byte[] Bits(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (byte)random.Next(2))];

    private static RunMask Mask(byte[] bits, int height, int width) => RunMask.Of(CocoRle.FromMask(bits, height, width));
}
