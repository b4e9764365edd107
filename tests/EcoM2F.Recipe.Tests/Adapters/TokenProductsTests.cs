using EcoM2F.Recipe.Adapters;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Recipe.Tests.Adapters;

public sealed class TokenProductsTests
{
    /// <summary>Widths of whole panels and of none; tokens of whole blocks, of parts and of both.</summary>
    [Theory]
    [InlineData(8, 1)]
    [InlineData(16, 64)]
    [InlineData(24, 200)]
    [InlineData(32, 63)]
    [InlineData(10, 100)]
    public void AddTo_AnyShape_EqualsTokenByToken(int width, int tokens)
    {
        var random = new Random(width + tokens);
        var (x, y) = (Values(random, width * tokens), Values(random, width * tokens));
        var (naive, blocks) = (new Moments(width, width), new Moments(width, width));
        for (var token = 0; token < tokens; token++)
        {
            naive.Add([.. x[(token * width)..((token + 1) * width)]], [.. y[(token * width)..((token + 1) * width)]]);
        }

        var sut = new TokenProducts(width);
        var half = tokens / 2 * width;
        sut.AddTo(blocks, x.AsSpan(0, half), y.AsSpan(0, half));
        sut.AddTo(blocks, x.AsSpan(half), y.AsSpan(half));

        Assert.Equal(naive.Count, blocks.Count);
        AssertClose(naive.X, blocks.X);
        AssertClose(naive.Y, blocks.Y);
        AssertClose(naive.YY, blocks.YY);
        AssertClose(naive.XY, blocks.XY);
        for (var i = 0; i < width; i++)
        {
            AssertClose(naive.XX[((i * width) + i)..((i + 1) * width)], blocks.XX[((i * width) + i)..((i + 1) * width)]);
        }
    }

    private static float[] Values(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.4f)];

    private static void AssertClose(double[] expected, double[] actual) =>
        Assert.All(expected, (value, i) => Assert.Equal(value, actual[i], 1e-10));
}
