using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Tests.Postprocessing;

public sealed class MaskPolygonsTests
{
    [Fact]
    public void Of_PartWithAHole_HasBothRings()
    {
        var polygon = Assert.Single(Polygons(
            """
            .....
            .###.
            .#.#.
            .###.
            """));

        Assert.Equal([1, 1, 4, 1, 4, 4, 1, 4], polygon.Outline);
        Assert.Equal([2, 3, 3, 3, 3, 2, 2, 2], Assert.Single(polygon.Holes));
    }

    [Fact]
    public void Of_TouchingCorners_AreTwoPartsAndNoHole()
    {
        var polygons = Polygons(
            """
            ##..
            #.#.
            .##.
            """);

        Assert.Equal(2, polygons.Count);
        Assert.All(polygons, static polygon => Assert.Empty(polygon.Holes));
    }

    [Fact]
    public void Of_HoleInAPartInAHole_BelongsToItsOwnPart()
    {
        var polygons = Polygons(
            """
            #######
            #.....#
            #.###.#
            #.#.#.#
            #.###.#
            #.....#
            #######
            """);

        Assert.Equal([0, 0, 7, 0, 7, 7, 0, 7], polygons[0].Outline);
        Assert.Equal([2, 2, 5, 2, 5, 5, 2, 5], polygons[1].Outline);
        Assert.All(polygons, static polygon => Assert.Single(polygon.Holes));
    }

    [Theory]
    [InlineData("....")]
    [InlineData("")]
    public void Of_EmptyMask_HasNoPolygon(string row) => Assert.Empty(MaskPolygons.Of(new CocoRle(row.Length > 0 ? 1 : 0, row.Length, row.Length > 0 ? "4" : ""), 1));

    [Fact]
    public void Of_WholeImage_IsItsRectangle() =>
        Assert.Equal([0, 0, 4, 0, 4, 2, 0, 2], Assert.Single(Polygons("####\n####")).Outline);

    /// <summary>Masks of every kind: noise, where each pixel may be a part or a hole, and blobs as models make them.</summary>
    public static TheoryData<int, double> Masks()
    {
        var data = new TheoryData<int, double>();
        for (var seed = 0; seed < 12; seed++)
        {
            foreach (var tolerance in (double[])[0, 0.5, 1, 2, 8, 100])
            {
                data.Add(seed, tolerance);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Masks))]
    public void Of_AnyMask_KeepsEveryPartAndHoleAndItsArea(int seed, double tolerance)
    {
        var (mask, height, width) = Blobs(seed);
        var rle = CocoRle.FromMask(mask, height, width);
        var exact = MaskPolygons.Of(rle, 0);
        var simplified = MaskPolygons.Of(rle, tolerance);

        Assert.Equal(Parts(mask, height, width), exact.Count);
        Assert.Equal(2 * rle.Area(), exact.Sum(TwiceArea));
        Assert.Equal(exact.Select(static polygon => polygon.Holes.Count), simplified.Select(static polygon => polygon.Holes.Count));
        foreach (var (part, whole) in simplified.Zip(exact))
        {
            Assert.InRange(TwiceArea(part), 0.99 * TwiceArea(whole), 1.01 * TwiceArea(whole));
            Assert.True(part.Outline.Count >= 6);
            Assert.True(TwiceArea(part.Outline) > 0);
            Assert.All(part.Holes, static hole => Assert.True(TwiceArea(hole) < 0));
            AssertWithin(part.Outline, whole.Outline, tolerance);
        }
    }

    /// <summary>Ends that are the same point aside, no two edges have a point in common.</summary>
    [Theory]
    [MemberData(nameof(Masks))]
    public void Of_AnyMask_HasRingsThatDoNotCross(int seed, double tolerance)
    {
        var (mask, height, width) = Blobs(seed);
        var edges = MaskPolygons.Of(CocoRle.FromMask(mask, height, width), tolerance)
            .SelectMany(static polygon => polygon.Holes.Prepend(polygon.Outline))
            .SelectMany(static ring => Enumerable.Range(0, ring.Count / 2).Select(i => (A: (X: ring[2 * i], Y: ring[(2 * i) + 1]), B: (X: ring[((2 * i) + 2) % ring.Count], Y: ring[((2 * i) + 3) % ring.Count]))))
            .ToList();
        for (var i = 0; i < edges.Count; i++)
        {
            for (var j = i + 1; j < edges.Count; j++)
            {
                var (one, other) = (edges[i], edges[j]);
                var (a, b, c, d) = (Side(one, other.A), Side(one, other.B), Side(other, one.A), Side(other, one.B));
                Assert.False(a * b < 0 && c * d < 0, $"{one} {other}");
                Assert.False(one == other || one == (other.B, other.A), $"{one} twice");
            }
        }

        static int Side(((int X, int Y) A, (int X, int Y) B) edge, (int X, int Y) point) =>
            Math.Sign(((edge.B.X - edge.A.X) * (point.Y - edge.A.Y)) - ((edge.B.Y - edge.A.Y) * (point.X - edge.A.X)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(7)]
    public void Of_NoTolerance_DrawsTheMaskAgain(int seed)
    {
        var (mask, height, width) = Blobs(seed);
        var drawn = Draw(MaskPolygons.Of(CocoRle.FromMask(mask, height, width), 0), height, width);

        Assert.Equal(mask, drawn);
    }

    [Fact]
    public void Of_RoundMask_NeedsFewPoints()
    {
        var (mask, height, width) = Disc();
        var rle = CocoRle.FromMask(mask, height, width);

        Assert.True(Assert.Single(MaskPolygons.Of(rle, 1)).Outline.Count * 3 < Assert.Single(MaskPolygons.Of(rle, 0)).Outline.Count);
    }

    [Fact]
    public void Of_RoundMask_DrawnAgainMissesLessThanOnePercent()
    {
        var (mask, height, width) = Disc();
        var drawn = Draw(MaskPolygons.Of(CocoRle.FromMask(mask, height, width), 1), height, width);

        Assert.InRange((double)drawn.Sum(static value => value) / mask.Sum(static value => value), 0.99, 1.01);
        Assert.InRange(mask.Zip(drawn).Count(static pair => pair.First != pair.Second), 0, mask.Sum(static value => value) / 50);
    }

    private static IReadOnlyList<MaskPolygon> Polygons(string picture)
    {
        var rows = picture.ReplaceLineEndings("\n").Split('\n');
        byte[] mask = [.. rows.SelectMany(static row => row).Select(static pixel => pixel == '#' ? (byte)1 : (byte)0)];
        return MaskPolygons.Of(CocoRle.FromMask(mask, rows.Length, rows[0].Length), 0);
    }

    private static long TwiceArea(MaskPolygon polygon) => TwiceArea(polygon.Outline) + polygon.Holes.Sum(TwiceArea);

    private static long TwiceArea(IReadOnlyList<int> ring)
    {
        var sum = 0L;
        for (var i = 0; i < ring.Count; i += 2)
        {
            var next = (i + 2) % ring.Count;
            sum += ((long)ring[i] * ring[next + 1]) - ((long)ring[next] * ring[i + 1]);
        }

        return sum;
    }

    /// <summary>No corner of the mask is further from the simplified ring than the tolerance.</summary>
    private static void AssertWithin(IReadOnlyList<int> ring, IReadOnlyList<int> corners, double tolerance)
    {
        for (var i = 0; i < corners.Count; i += 2)
        {
            var nearest = double.PositiveInfinity;
            for (var j = 0; j < ring.Count; j += 2)
            {
                var next = (j + 2) % ring.Count;
                nearest = Math.Min(nearest, Distance(corners[i], corners[i + 1], (ring[j], ring[j + 1]), (ring[next], ring[next + 1])));
            }

            Assert.True(nearest <= tolerance + 1e-9, $"{nearest}");
        }
    }

    private static double Distance(double x, double y, (double X, double Y) from, (double X, double Y) to)
    {
        var (dx, dy) = (to.X - from.X, to.Y - from.Y);
        var along = Math.Clamp((((x - from.X) * dx) + ((y - from.Y) * dy)) / ((dx * dx) + (dy * dy)), 0, 1);
        return Math.Sqrt(Math.Pow(x - from.X - (along * dx), 2) + Math.Pow(y - from.Y - (along * dy), 2));
    }

    /// <summary>Pixels whose middle is inside an odd number of rings.</summary>
    private static byte[] Draw(IReadOnlyList<MaskPolygon> polygons, int height, int width)
    {
        var mask = new byte[height * width];
        foreach (var ring in polygons.SelectMany(static polygon => polygon.Holes.Prepend(polygon.Outline)))
        {
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    mask[(y * width) + x] ^= IsInside(ring, x + 0.5, y + 0.5) ? (byte)1 : (byte)0;
                }
            }
        }

        return mask;
    }

    private static bool IsInside(IReadOnlyList<int> ring, double x, double y)
    {
        var inside = false;
        for (var i = 0; i < ring.Count; i += 2)
        {
            var next = (i + 2) % ring.Count;
            var (ax, ay, bx, by) = (ring[i], ring[i + 1], ring[next], ring[next + 1]);
            inside ^= (ay > y) != (by > y) && x < ((bx - ax) * (y - ay) / (by - ay)) + ax;
        }

        return inside;
    }

    private static int Parts(byte[] mask, int height, int width)
    {
        var seen = new bool[mask.Length];
        var parts = 0;
        for (var start = 0; start < mask.Length; start++)
        {
            if (mask[start] == 0 || seen[start])
            {
                continue;
            }

            parts++;
            seen[start] = true;
            var open = new Stack<int>([start]);
            while (open.TryPop(out var at))
            {
                foreach (var next in (int[])[at % width > 0 ? at - 1 : at, at % width < width - 1 ? at + 1 : at, at - width, at + width])
                {
                    if (next >= 0 && next < height * width && mask[next] != 0 && !seen[next])
                    {
                        seen[next] = true;
                        open.Push(next);
                    }
                }
            }
        }

        return parts;
    }

    private static (byte[] Mask, int Height, int Width) Blobs(int seed)
    {
        var random = new Random(seed);
        var (height, width) = (random.Next(1, 60), random.Next(1, 60));
        var noise = seed % 3 == 0 ? 1.0 : 0.08;
        var mask = new byte[height * width];
        for (var i = 0; i < mask.Length; i++)
        {
            var wave = Math.Sin(((i % width) * 0.2) + seed) + Math.Cos((i / width * 0.23) - seed);
            mask[i] = (random.NextDouble() < noise ? random.NextDouble() > 0.5 : wave > 0.1) ? (byte)1 : (byte)0;
        }

        return (mask, height, width);
    }

    private static (byte[] Mask, int Height, int Width) Disc()
    {
        const int Side = 120;
        var mask = new byte[Side * Side];
        for (var i = 0; i < mask.Length; i++)
        {
            mask[i] = Math.Pow((i % Side) - 60, 2) + Math.Pow((i / Side) - 60, 2) < 50 * 50 ? (byte)1 : (byte)0;
        }

        return (mask, Side, Side);
    }
}
