using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Scheduling;

namespace EcoM2F.Inference.Tests.Scheduling;

public sealed class BatchTableTests
{
    private readonly BatchTable _sut = new();

    [Fact]
    public void Most_NothingMeasured_IsOne() => Assert.Equal(1, _sut.Most(Stage.Encoder));

    [Theory]
    [InlineData(1, 10, 9.5, 9)] // within what measurements vary
    [InlineData(2, 10, 8, 7.5)]
    [InlineData(4, 10, 8, 6)]
    [InlineData(4, 10, 9.5, 6)] // four pay though two do not
    [InlineData(1, 0, 0, 0)] // a clock too coarse to tell
    public void Most_IsTheLargestThatClearlyGained(int expected, double one, double two, double four)
    {
        double[] perImage = [one, two, four];
        for (var i = 0; i < perImage.Length; i++)
        {
            _sut.Add(Stage.Stem, 1 << i, perImage[i]);
        }

        Assert.Equal(expected, _sut.Most(Stage.Stem));
        Assert.Equal(1, _sut.Most(Stage.Decoder));
    }

    [Fact]
    public void Add_SaysWhetherItPays() =>
        Assert.Equal([true, false, true], new[] { _sut.Add(Stage.Stem, 1, 10), _sut.Add(Stage.Stem, 2, 10), _sut.Add(Stage.Stem, 4, 5) });

    [Fact]
    public void ToString_NamesStagesInOrder()
    {
        _sut.Add(Stage.Decoder, 1, 10);
        _sut.Add(Stage.Stem, 1, 10);
        _sut.Add(Stage.Stem, 2, 5);

        Assert.Equal("stem 2, decoder 1", _sut.ToString());
    }
}
