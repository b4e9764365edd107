using EcoM2F.Inference.Kernels;

namespace EcoM2F.Inference.Tests.Kernels;

/// <summary>Every vector width on any machine: the runtime emulates those that the CPU lacks.</summary>
public sealed class DeformableSamplingTests
{
    /// <summary>A sum of up to 64 products of numbers below 1 whose weights add up to 1, at places that fp32 rounds at 1e-6 of a cell.</summary>
    private const double Tolerance = 2e-5;

    private static readonly (int, int)[] ThreeLevels = [(2, 3), (4, 6), (8, 12)];

    public static TheoryData<int> Widths => [1, 4, 8, 16];

    public static TheoryData<int, int> HeadWidths
    {
        get
        {
            var data = new TheoryData<int, int>();
            foreach (var width in (int[])[1, 4, 8, 16])
            {
                foreach (var channels in (int[])[1, 3, 5, 8, 12, 16, 24, 32, 37, 64, 72])
                {
                    data.Add(width, channels);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(HeadWidths))]
    public void Run_AnyHeadWidth_EqualsReference(int width, int channels) => AssertEqual(new SamplingCase((3, channels, 4), ThreeLevels), width);

    [Theory]
    [MemberData(nameof(Widths))]
    public void Run_OddLevelsPointsAndHeads_EqualsReference(int width)
    {
        AssertEqual(new SamplingCase((1, 16, 1), [(3, 5)]), width);
        AssertEqual(new SamplingCase((8, 32, 4), [(1, 1), (2, 3), (5, 7), (9, 4)]), width);
        AssertEqual(new SamplingCase((5, 16, 3), [(4, 4), (7, 1)]), width);
        AssertEqual(new SamplingCase((2, 64, 8), [(1, 9), (6, 6), (3, 3)]), width);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Run_SeveralImages_EqualsReference(int width) => AssertEqual(new SamplingCase((4, 16, 4), ThreeLevels, images: 3), width);

    [Theory]
    [MemberData(nameof(Widths))]
    public void Run_QueriesWithPlacesOfTheirOwn_EqualsReference(int width)
    {
        AssertEqual(new SamplingCase((8, 8, 4), [.. ThreeLevels, (16, 24)], images: 2, queries: 11), width);
        AssertEqual(new SamplingCase((1, 20, 2), [(5, 5)], queries: 1), width);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Run_PlacesFarOutside_SamplesNothingThere(int width)
    {
        float[] far = [1e30f, -1e30f, float.MaxValue, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 2.2e9f, -2.2e9f, 1e10f];
        var sut = new SamplingCase((4, 16, 4), ThreeLevels);
        var random = new Random(3);
        for (var query = 0; query < sut.Projected.Length / (3 * sut.Samples); query++)
        {
            for (var i = 0; i < 20; i++)
            {
                sut.Projected[(query * 3 * sut.Samples) + random.Next(2 * sut.Samples)] = far[random.Next(far.Length)];
            }
        }

        AssertEqual(sut, width);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Run_ReferencesThatAreNoPlaces_SamplesNothingThere(int width)
    {
        var sut = new SamplingCase((2, 16, 4), ThreeLevels, queries: 6);
        sut.References![0] = float.NaN;
        sut.References[7] = float.PositiveInfinity;
        sut.References[14] = -1e38f;

        AssertEqual(sut, width);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Run_LogitNotANumber_SpoilsItsHeadAlone(int width)
    {
        var sut = new SamplingCase((2, 16, 4), ThreeLevels);
        sut.Projected[2 * sut.Samples] = float.NaN; // the first of the first head of the first query

        var output = sut.Run((VectorWidth)width);

        Assert.All(output[..16], static value => Assert.True(float.IsNaN(value)));
        Assert.All(output[16..], static value => Assert.True(float.IsFinite(value)));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Run_LogitsFarApart_NeitherOverflowNorVanish(int width)
    {
        var sut = new SamplingCase((2, 16, 4), ThreeLevels);
        for (var i = 0; i < sut.Samples; i++)
        {
            sut.Projected[(2 * sut.Samples) + i] = i < sut.Samples / 2 ? 300f + i : -300f - i; // heads 600 apart
        }

        Assert.All(sut.Run((VectorWidth)width), static value => Assert.True(float.IsFinite(value)));
    }

    [Theory]
    [InlineData(1, 16, 1)]
    [InlineData(5, 16, 4)]
    [InlineData(8, 16, 8)]
    [InlineData(15, 16, 8)]
    [InlineData(64, 16, 16)]
    [InlineData(64, 8, 8)]
    [InlineData(64, 1, 1)]
    public void For_FewFloats_TakesWhatFits(int floats, int widest, int expected) =>
        Assert.Equal((VectorWidth)expected, VectorWidths.For(floats, (VectorWidth)widest));

    private static void AssertEqual(SamplingCase sut, int width)
    {
        var expected = sut.Reference();
        var actual = sut.Run((VectorWidth)width);
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) <= Tolerance, $"[{i}] is {actual[i]}; expected {expected[i]}");
        }
    }
}
