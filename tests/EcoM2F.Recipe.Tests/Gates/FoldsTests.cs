using EcoM2F.Recipe.Gates;

namespace EcoM2F.Recipe.Tests.Gates;

public sealed class FoldsTests
{
    [Theory]
    [InlineData(10, 5)]
    [InlineData(11, 3)]
    public void Parts_AnyCount_HoldEveryImageOnceInEqualShares(int images, int count)
    {
        var sut = new Folds(images, count, 3);
        var parts = Enumerable.Range(0, count).Select(part => sut[part]).ToArray();
        Assert.Equal(Enumerable.Range(0, images), parts.SelectMany(static part => part).Order());
        Assert.InRange(parts.Max(static part => part.Count) - parts.Min(static part => part.Count), 0, 1);
    }

    [Fact]
    public void Parts_BySeed_AreTheSameAndDifferWithAnother()
    {
        Assert.Equal(new Folds(50, 5, 3)[2], new Folds(50, 5, 3)[2]);
        Assert.NotEqual(new Folds(50, 5, 3)[2], new Folds(50, 5, 4)[2]);
    }
}
