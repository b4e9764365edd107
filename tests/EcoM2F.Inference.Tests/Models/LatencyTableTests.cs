using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Tests.Models;

public sealed class LatencyTableTests
{
    [Fact]
    public void At_NothingMeasured_IsNull() => Assert.Null(new LatencyTable().At(320, 320, 1));

    [Fact]
    public void At_UnseenSize_ScalesNearestByPixels()
    {
        var sut = new LatencyTable();
        sut.Learn(100, 100, new StageLatency(10, 2, 5, 1, 0), 100);
        sut.Learn(1000, 1000, new StageLatency(7777, 7777, 7777, 7777, 0), 100);

        Assert.Equal(new StageLatency(20, 4, 10, 1, 0), sut.At(100, 200, 100));
    }

    [Fact]
    public void Learn_Again_MovesTowardTheNewMeasurement()
    {
        var sut = new LatencyTable();
        sut.Learn(100, 100, new StageLatency(10, 10, 10, 10, 0), 100);
        for (var i = 0; i < 50; i++)
        {
            sut.Learn(100, 100, new StageLatency(20, 20, 20, 20, 0), 100);
        }

        Assert.InRange(sut.At(100, 100, 100)!.Stem, 19.9, 20);
    }

    [Fact]
    public void At_SmallImageAfterHugeOnes_IsNotExpectedToTakeTheirTimeOnTheHost()
    {
        var sut = new LatencyTable();
        sut.Learn(320, 320, new StageLatency(10, 10, 10, 4000, 0), 100_000_000);

        Assert.InRange(sut.At(320, 320, 300 * 300)!.Decode, 0, 20);
        Assert.Equal(4000, sut.At(320, 320, 100_000_000)!.Decode, 3);
    }

    [Fact]
    public void At_HugeImageAfterTinyOnes_IsNotRefusedForTheirFixedCost()
    {
        var sut = new LatencyTable();
        sut.Learn(320, 320, new StageLatency(10, 10, 10, 5, 0), 1);

        Assert.InRange(sut.At(320, 320, 100_000_000)!.Decode, 0, 2500);
    }

    [Fact]
    public void Total_Depth_AddsLayersAndHost() =>
        Assert.Equal(TimeSpan.FromMilliseconds(10 + (3 * 2) + 5 + 1 + 7), new StageLatency(10, 2, 5, 1, 7).Total(3));

    [Fact]
    public void AfterGate_Depth_LeavesOutWhatHasRun() =>
        Assert.Equal(TimeSpan.FromMilliseconds((3 * 2) + 5 + 7), new StageLatency(10, 2, 5, 1, 7).AfterGate(3));
}
