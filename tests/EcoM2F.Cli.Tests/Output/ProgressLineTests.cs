using EcoM2F.Cli.Output;

namespace EcoM2F.Cli.Tests.Output;

public sealed class ProgressLineTests
{
    [Fact]
    public void Whole_HasRateTimeLeftAndStatus() => Assert.Equal(
        "segment: 30 of 120, 3.0 a second, 0:00:30 left, mean depth 2.50",
        new ProgressLine("segment", 30, 120, TimeSpan.FromSeconds(10), "mean depth 2.50").Whole);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Whole_WithoutStatus_EndsWithTheTime(string? status) =>
        Assert.EndsWith("0:00:00 left", new ProgressLine("derive", 5, 5, TimeSpan.FromSeconds(1), status).Whole, StringComparison.Ordinal);

    [Fact]
    public void Short_AtOnce_HasARate() => Assert.Equal("segment 1/4, 1000.0 a second", new ProgressLine("segment", 1, 4, TimeSpan.Zero, null).Short);
}
