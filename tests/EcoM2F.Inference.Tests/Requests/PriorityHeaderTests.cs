using EcoM2F.Inference.Requests;

namespace EcoM2F.Inference.Tests.Requests;

public sealed class PriorityHeaderTests
{
    [Theory]
    [InlineData("u=0", 0)]
    [InlineData("u=7, i", 7)]
    [InlineData("i, u=5;later=?1", 5)]
    [InlineData("u=1, u=6", 6)] // the last one counts
    [InlineData("", 3)]
    [InlineData("i", 3)]
    [InlineData("u=8", 3)]
    [InlineData("u=-1", 3)]
    [InlineData("u=2.0", 3)]
    [InlineData("u=high", 3)]
    [InlineData("u=(1 2)", 3)]
    [InlineData("u", 3)]
    [InlineData("u=0,", 3)]
    [InlineData("U=0", 3)]
    [InlineData("urgent!", 3)]
    public void Urgency_OfOneLine_IsUOrTheDefault(string header, int urgency) => Assert.Equal(urgency, PriorityHeader.Urgency([header]));

    [Fact]
    public void Urgency_OfSeveralLines_IsThatOfTheWholeField()
    {
        Assert.Equal(1, PriorityHeader.Urgency(["i", "u=1"]));
        Assert.Equal(3, PriorityHeader.Urgency([]));
    }
}
