using EcoM2F.Recipe.Gates;

namespace EcoM2F.Recipe.Tests.Gates;

public sealed class ExitChoiceTests
{
    [Theory]
    [InlineData(0.0, 0, 0.5, 0.5, 0.5)] // all equal: the shallow exit
    [InlineData(0.0, 1, 0.4, 0.5, 0.5)]
    [InlineData(0.0, 2, 0.4, 0.5, 0.51)]
    [InlineData(10.0, 0, 0.5, 0.6, 0.8)] // exits 1, 2, 4: each step pays exactly its price
    [InlineData(9.0, 2, 0.5, 0.6, 0.8)]
    [InlineData(11.0, 0, 0.5, 0.6, 0.8)]
    public void Of_Quality_IsTheShallowestOfTheBest(double beta, int expected, params double[] quality) =>
        Assert.Equal(expected, ExitChoice.Of(quality, [1, 2, 4], beta));

    [Theory]
    [InlineData(0, 1.0, 1.0, 1.0)]
    [InlineData(1, 0.0, 1.0, 1.0)]
    public void Of_TiedScores_PicksShallowest(int expected, params double[] scores) => Assert.Equal(expected, ExitChoice.Of(scores));
}
