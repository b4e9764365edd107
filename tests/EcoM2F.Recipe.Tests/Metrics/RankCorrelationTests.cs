using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Tests.Metrics;

public sealed class RankCorrelationTests
{
    [Theory]
    [InlineData(1, new[] { 1.0, 2, 30 }, new[] { 0.1, 0.2, 0.3 })]
    [InlineData(-1, new[] { 1.0, 2, 30 }, new[] { 3.0, 2, 1 })]
    [InlineData(0.8660254037844387, new[] { 1.0, 2, 3 }, new[] { 1.0, 1, 2 })] // equal values share their mean rank
    public void Of_Values_IsPearsonsOfTheRanks(double expected, double[] one, double[] other) => Assert.Equal(expected, RankCorrelation.Of(one, other), 1e-12);

    [Fact]
    public void Of_ValuesAllAlike_IsNoNumber() => Assert.True(double.IsNaN(RankCorrelation.Of([1, 1], [1, 2])));
}
