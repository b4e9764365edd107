using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Tests.Imaging;

public sealed class InputSizeTests
{
    private static readonly PreprocessingSettings Bootstrap = new() { ShortestEdge = 320, LongestEdge = 448, Mean = [0, 0, 0], Std = [1, 1, 1] };

    [Theory]
    [InlineData(640, 480, 320, 448)]
    [InlineData(480, 640, 448, 320)]
    [InlineData(500, 500, 320, 320)]
    [InlineData(1000, 200, 96, 448)]
    [InlineData(644, 415, 320, 448)] // 448 * 415 / 644 = 288.7: rounds to 289, where truncation would give 288
    [InlineData(450, 100, 128, 448)] // Hugging Face gives 480: documented departure
    [InlineData(1, 100_000_000, 448, 32)]
    public void For_AspectRule_MatchesReference(int width, int height, int expectedHeight, int expectedWidth) =>
        Assert.Equal(new InputSize(expectedHeight, expectedWidth), InputSize.For(width, height, Bootstrap));

    [Fact]
    public void For_FixedSize_IgnoresImage() =>
        Assert.Equal(new InputSize(384, 512), InputSize.For(3, 900, Bootstrap with { Height = 384, Width = 512 }));

    /// <summary>A graph takes multiples of 32: a map of 125 x 125 halves to 63 x 63, which does not double to 125 again.</summary>
    [Fact]
    public void FixedSize_NotAMultipleOfTheDivisor_IsRoundedUpInBothPlaces()
    {
        var settings = Bootstrap with { Height = 500, Width = 490, ShortestEdge = null, LongestEdge = null };

        Assert.Equal(new InputSize(512, 512), InputSize.For(640, 480, settings));
        Assert.Equal([new InputSize(512, 512)], InputSize.All(settings));
    }

    [Fact]
    public void All_EveryImage_IsContained()
    {
        foreach (var settings in new[]
        {
            Bootstrap,
            Bootstrap with { ShortestEdge = 800, LongestEdge = 1333 },
            Bootstrap with { ShortestEdge = 384, LongestEdge = 384 },
            Bootstrap with { LongestEdge = null },
        })
        {
            var all = InputSize.All(settings).ToHashSet();
            Assert.InRange(all.Count, 2, 110);
            var random = new Random(11);
            for (var i = 0; i < 20_000; i++)
            {
                var size = InputSize.For(1 + random.Next(2000), 1 + random.Next(2000), settings);
                Assert.True(all.Contains(size), $"{size} is missing.");
            }
        }
    }

    [Fact]
    public void For_NoRule_Throws() =>
        Assert.Throws<ArgumentException>(() => InputSize.For(1, 1, Bootstrap with { ShortestEdge = null }));
}
