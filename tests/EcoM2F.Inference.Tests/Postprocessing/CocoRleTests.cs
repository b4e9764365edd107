using System.Text.Json;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.TestSupport;

namespace EcoM2F.Inference.Tests.Postprocessing;

public sealed class CocoRleTests
{
    private static readonly JsonElement[] Cases = JsonSerializer.Deserialize<JsonElement[]>(
        File.ReadAllText(Path.Combine(RepositoryPaths.Fixtures, "rle", "rle.json")))!;

    [Fact]
    public void FromMask_ReferenceMasks_EqualsPycocotools()
    {
        foreach (var (test, mask, height, width) in Masks())
        {
            Assert.Equal(test.GetProperty("counts").GetString(), CocoRle.FromMask(mask, height, width).Counts);
        }
    }

    [Fact]
    public void Decode_ReferenceCounts_GivesMaskAndArea()
    {
        foreach (var (test, mask, height, width) in Masks())
        {
            var sut = new CocoRle(height, width, test.GetProperty("counts").GetString()!);
            var decoded = new byte[height * width];
            sut.Decode(decoded);

            Assert.Equal(mask, decoded);
            Assert.Equal(test.GetProperty("area").GetInt32(), sut.Area());
        }
    }

    [Fact]
    public void AddTo_ReferenceMasks_GivesRunsAreaAndBox()
    {
        foreach (var (test, mask, height, width) in Masks())
        {
            using var runs = new MaskRuns(height, width);
            using var map = Map(Array.ConvertAll(mask, value => (int)value), height, width);
            map.AddTo([null, runs]);

            Assert.Equal(test.GetProperty("counts").GetString(), runs.ToRle().Counts);
            Assert.Equal(test.GetProperty("area").GetInt32(), runs.Area);
            var box = test.GetProperty("bbox").EnumerateArray().Select(v => (int)v.GetDouble()).ToArray();
            Assert.Equal(new BoundingBox(box[0], box[1], box[2], box[3]), runs.Box);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 130)]
    [InlineData(130, 7)]
    [InlineData(65, 64)]
    public void AddTo_RandomCodes_EqualsOneMaskAtATime(int height, int width)
    {
        var random = new Random(3);
        var labels = new int[height * width];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = i > 0 && random.Next(4) > 0 ? labels[i - 1] : random.Next(6);
        }

        var runs = Enumerable.Range(0, 5).Select(_ => new MaskRuns(height, width)).ToArray();
        using var map = Map(labels, height, width);
        map.AddTo([.. runs, null]);
        var areas = new int[6];
        map.CountAreas(areas);
        Assert.Equal(Enumerable.Range(0, 6).Select(label => labels.Count(value => value == label)), areas);

        for (var label = 0; label < runs.Length; label++)
        {
            var mask = Array.ConvertAll(labels, value => (byte)(value == label ? 255 : 0));
            Assert.Equal(CocoRle.FromMask(mask, height, width), runs[label].ToRle());
            runs[label].Dispose();
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("5")]
    [InlineData("P")] // breaks off
    [InlineData("~1")]
    [InlineData(" ")]
    [InlineData("O5")] // negative
    [InlineData("oooooooooo")]
    public void Decode_DamagedCounts_Throws(string counts) =>
        Assert.Throws<FormatException>(() => new CocoRle(2, 2, counts).Decode(new byte[4]));

    [Fact]
    public void RepeatRows_AfterARow_EqualsTheSameRowAgain()
    {
        using var sut = new RunMap(4, 3);
        sut.AddRow([0, 1, 1]);
        sut.RepeatRows(2);
        sut.AddRow([1, 1, 0]);
        using var runs = new MaskRuns(4, 3);

        sut.AddTo([null, runs]);

        Assert.Equal(CocoRle.FromMask([0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 0], 4, 3), runs.ToRle());
    }

    [Fact]
    public void AddRows_OfAnotherMap_EqualsTheirCodesInOne()
    {
        int[] codes = [0, 1, 1, 0, 1, 2, 0, 2, 2, 0, 1, 2, 1, 1, 2];
        using var sut = Map(codes[..6], 5, 3);
        using var below = Map(codes[6..12], 2, 3);
        using var last = Map(codes[12..], 1, 3);
        using var whole = Map(codes, 5, 3);

        sut.AddRows(below);
        sut.AddRows(last);

        for (var code = 0; code < 3; code++)
        {
            using var expected = Runs(whole, code);
            using var actual = Runs(sut, code);
            Assert.Equal(expected.ToRle(), actual.ToRle());
        }

        static MaskRuns Runs(RunMap map, int code)
        {
            var runs = new MaskRuns(5, 3);
            var masks = new MaskRuns?[3];
            masks[code] = runs;
            map.AddTo(masks);
            return runs;
        }
    }

    private static RunMap Map(int[] codes, int height, int width)
    {
        var map = new RunMap(height, width);
        for (var y = 0; y < codes.Length / width; y++)
        {
            map.AddRow(codes.AsSpan(y * width, width));
        }

        return map;
    }

    private static IEnumerable<(JsonElement Test, byte[] Mask, int Height, int Width)> Masks()
    {
        foreach (var test in Cases)
        {
            var (height, width) = (test.GetProperty("height").GetInt32(), test.GetProperty("width").GetInt32());
            var bits = Convert.FromHexString(test.GetProperty("bits_row_major_hex").GetString()!);
            var mask = new byte[height * width];
            for (var i = 0; i < mask.Length; i++)
            {
                mask[i] = (byte)((bits[i / 8] >> (7 - (i % 8))) & 1);
            }

            yield return (test, mask, height, width);
        }
    }
}
