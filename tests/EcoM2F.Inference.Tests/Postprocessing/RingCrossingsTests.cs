using System.Globalization;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.Inference.Tests.Postprocessing;

public sealed class RingCrossingsTests
{
    [Theory]
    [InlineData("0,0 4,0 4,4 0,4", "5,0 9,0 9,4", false)]
    [InlineData("0,0 4,0 4,4 0,4", "4,4 8,4 8,8 4,8", false)] // touch in a corner
    [InlineData("0,0 8,0 8,8 0,8", "2,2 2,6 6,6 6,2", false)] // one within the other
    [InlineData("0,0 8,0 8,8 0,8", "0,0 4,8 8,8", true)] // along one another
    [InlineData("0,0 4,0 4,4 0,4", "2,2 6,2 6,6 2,6", true)]
    [InlineData("0,0 4,0 4,4 0,4", "2,4 6,8 2,8", true)] // a corner on an edge
    [InlineData("0,0 4,4 8,0 4,8", "4,-5 4,4 4,8 20,8 20,-5", true)] // in at one corner and out at another
    [InlineData("0,0 4,4 8,0 4,8", "4,4 2,0 6,0", false)] // into the same corner and out again
    public void Find_TwoRings_SaysWhetherTheyCross(string one, string other, bool expected)
    {
        Assert.Equal([expected, expected], RingCrossings.Find([[Ring(one)], [Ring(other)]]));
        Assert.Equal([expected, expected], RingCrossings.Find([[Ring(other)], [Ring(one)]]));
    }

    [Theory]
    [InlineData("0,0 4,0 4,4 0,4", false)]
    [InlineData("0,0 4,4 4,0 0,4", true)]
    [InlineData("0,0 6,0 3,3 6,6 0,6 3,3", false)] // touches itself
    [InlineData("0,0 6,0 2,0 2,4", true)] // turns back
    public void Find_OneRing_SaysWhetherItCrossesItself(string ring, bool expected) => Assert.Equal([expected], RingCrossings.Find([[Ring(ring)]]));

    private static MaskRing Ring(string points) => new([.. points.Split(' ').Select(static point => point.Split(',')).Select(static xy => new RingPoint(int.Parse(xy[0], CultureInfo.InvariantCulture), int.Parse(xy[1], CultureInfo.InvariantCulture)))]);
}
