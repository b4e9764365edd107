using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Results;
using Microsoft.Extensions.Time.Testing;

namespace EcoM2F.Inference.Tests.Models;

public sealed class LatencyTableTests
{
    private const SegmentationTasks Panoptic = SegmentationTasks.Panoptic;
    private const SegmentationTasks AllTasks = SegmentationTasks.Panoptic | SegmentationTasks.Instance | SegmentationTasks.Semantic;

    private static readonly ImageKind Image = new(320, 320, 1);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void At_NothingMeasured_IsNull() => Assert.Null(Create().At(new ImageKind(320, 320, 1), Panoptic));

    [Fact]
    public void At_UnseenSize_ScalesNearestByPixels()
    {
        var sut = Create();
        sut.Learn(new ImageKind(100, 100, 100), Panoptic, new StageLatency(10, 2, 5, 1, 0));
        sut.Learn(new ImageKind(1000, 1000, 100), Panoptic, new StageLatency(7777, 7777, 7777, 7777, 0));

        Assert.Equal(new StageLatency(20, 4, 10, 1, 0), sut.At(new ImageKind(100, 200, 100), Panoptic));
    }

    [Fact]
    public void Learn_Again_MovesTowardTheNewMeasurement()
    {
        var sut = Create();
        sut.Learn(new ImageKind(100, 100, 100), Panoptic, new StageLatency(10, 10, 10, 10, 0));
        for (var i = 0; i < 50; i++)
        {
            sut.Learn(new ImageKind(100, 100, 100), Panoptic, new StageLatency(20, 20, 20, 20, 0));
        }

        Assert.InRange(sut.At(new ImageKind(100, 100, 100), Panoptic)!.Stem, 19.9, 20);
    }

    [Fact]
    public void At_SmallImageAfterHugeOnes_IsNotExpectedToTakeTheirTimeOnTheHost()
    {
        var sut = Create();
        sut.Learn(new ImageKind(320, 320, 100_000_000), Panoptic, new StageLatency(10, 10, 10, 4000, 0));

        Assert.InRange(sut.At(new ImageKind(320, 320, 300 * 300), Panoptic)!.Decode, 0, 20);
        Assert.Equal(4000, sut.At(new ImageKind(320, 320, 100_000_000), Panoptic)!.Decode, 3);
    }

    [Fact]
    public void At_HugeImageAfterTinyOnes_IsNotRefusedForTheirFixedCost()
    {
        var sut = Create();
        sut.Learn(new ImageKind(320, 320, 1), Panoptic, new StageLatency(10, 10, 10, 5, 0));

        Assert.InRange(sut.At(new ImageKind(320, 320, 100_000_000), Panoptic)!.Decode, 0, 2500);
    }

    [Fact]
    public void Total_Depth_AddsLayersAndHost() =>
        Assert.Equal(TimeSpan.FromMilliseconds(10 + (3 * 2) + 5 + 1 + 7), new StageLatency(10, 2, 5, 1, 7).Total(3));

    [Fact]
    public void AfterGate_Depth_LeavesOutWhatHasRun() =>
        Assert.Equal(TimeSpan.FromMilliseconds((3 * 2) + 5 + 7), new StageLatency(10, 2, 5, 1, 7).AfterGate(3));

    [Fact]
    public void At_OneTaskBesideImagesOfAllTasks_KeepsItsOwnMaskTime()
    {
        var sut = Create();
        for (var i = 0; i < 50; i++)
        {
            sut.Learn(Image, Panoptic, new StageLatency(10, 2, 5, 1, 7));
            sut.Learn(Image, AllTasks, new StageLatency(10, 2, 5, 1, 70));
        }

        Assert.Equal(7, sut.At(Image, Panoptic)!.Mask, 9);
        Assert.Equal(70, sut.At(Image, AllTasks)!.Mask, 9);
        Assert.Equal(10, sut.At(Image, AllTasks)!.Stem, 9);
    }

    [Fact]
    public void At_TasksNotSeenTogether_TakeWhatEachTakesAlone()
    {
        var sut = Create();
        sut.Learn(Image, Panoptic, new StageLatency(10, 2, 5, 1, 7));
        Assert.Equal(3 * 7, sut.At(Image, AllTasks)!.Mask); // nothing is known of the others
        sut.Learn(Image, SegmentationTasks.Instance, new StageLatency(10, 2, 5, 1, 20));
        sut.Learn(Image, SegmentationTasks.Semantic, new StageLatency(10, 2, 5, 1, 4));
        Assert.Equal(7 + 20 + 4, sut.At(Image, AllTasks)!.Mask);
    }

    [Fact]
    public void TryProbe_MeasuredLately_IsFalse()
    {
        var sut = Create();
        Assert.False(sut.TryProbe(Image, Panoptic)); // the table is new
        _time.Advance(2 * LatencyTable.ProbeInterval);
        sut.Learn(Image, Panoptic, new StageLatency(10, 2, 5, 1, 7));
        _time.Advance(LatencyTable.ProbeInterval / 2);
        Assert.False(sut.TryProbe(Image, Panoptic));
    }

    [Fact]
    public void TryProbe_NothingMeasuredForAWhile_IsTrueForOneInEachInterval()
    {
        var sut = Create();
        sut.Learn(Image, Panoptic, new StageLatency(10, 2, 5, 1, 7));
        for (var interval = 0; interval < 3; interval++)
        {
            _time.Advance(LatencyTable.ProbeInterval);
            sut.Learn(Image, AllTasks, new StageLatency(10, 2, 5, 1, 7)); // of another kind
            Assert.True(sut.TryProbe(Image, Panoptic));
            Assert.False(sut.TryProbe(Image, Panoptic));
        }
    }

    [Fact]
    public void ToLatencyOfCut_SlowStem_MakesTheDeviceSlow()
    {
        var (sut, expected) = (new StageWatch(_time), new StageLatency(10, 2, 5, 2, 7));
        Assert.Null(sut.ToLatencyOfCut(expected));
        sut.Add(Stages.Decode, TimeSpan.FromMilliseconds(2));
        Assert.Equal(expected, sut.ToLatencyOfCut(expected));
        sut.Add(Stages.Queue, TimeSpan.FromMilliseconds(1000)); // others' work
        sut.Add(Stages.Stem, TimeSpan.FromMilliseconds(33));
        sut.Add(Stages.Gate, TimeSpan.FromMilliseconds(1));
        Assert.Equal(new StageLatency(34, 2 * 3.4, 5 * 3.4, 2, 7), sut.ToLatencyOfCut(expected));
        sut.Add(Stages.Decoder, TimeSpan.FromMilliseconds(1000)); // a pause: the layers were not as slow as that
        sut.Add(Stages.Mask, TimeSpan.FromMilliseconds(9));
        Assert.Equal(new StageLatency(34, 2 * 4, 1000, 2, 9), sut.ToLatencyOfCut(expected));
    }

    [Fact]
    public void LearnOfCut_NothingKnown_TeachesNothing()
    {
        var sut = Create();
        sut.LearnOfCut(Image, Panoptic, new StageLatency(99, 99, 99, 99, 99));
        Assert.Null(sut.At(Image, Panoptic));
        sut.Learn(Image, Panoptic, new StageLatency(10, 2, 5, 1, 7));
        sut.LearnOfCut(Image, SegmentationTasks.Semantic, new StageLatency(99, 99, 99, 99, 99));
        Assert.Equal(7, sut.At(Image, SegmentationTasks.Semantic)!.Mask);
        sut.LearnOfCut(Image, Panoptic, new StageLatency(20, 2, 5, 1, 7));
        Assert.Equal(12, sut.At(Image, Panoptic)!.Stem, 9);
    }

    [Fact]
    public void LearnMask_OtherTasks_LeavesTheDeviceAlone()
    {
        var sut = Create();
        sut.Learn(Image, Panoptic, new StageLatency(10, 2, 5, 1, 7));
        sut.LearnMask(Image, SegmentationTasks.Semantic, 4);
        Assert.Equal(new StageLatency(10, 2, 5, 1, 4), sut.At(Image, SegmentationTasks.Semantic));
    }

    [Fact]
    public void TryProbe_UploadsOfAnotherSize_AreTriedOnTheirOwn()
    {
        var sut = Create();
        sut.Learn(Image, Panoptic, new StageLatency(10, 2, 5, 1, 7));
        _time.Advance(LatencyTable.ProbeInterval);
        sut.Learn(Image, Panoptic, new StageLatency(10, 2, 5, 1, 7));
        Assert.False(sut.TryProbe(Image, Panoptic));
        Assert.True(sut.TryProbe(Image with { Pixels = 100 * Image.Pixels }, Panoptic));
    }

    private LatencyTable Create() => new(_time);
}
