using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using Microsoft.Extensions.Time.Testing;

namespace EcoM2F.Inference.Tests.Compute;

public sealed class LatencyTableTests
{
    private const SegmentationTasks Panoptic = SegmentationTasks.Panoptic;
    private const SegmentationTasks AllTasks = SegmentationTasks.Panoptic | SegmentationTasks.Instance | SegmentationTasks.Semantic;

    private static readonly LatencyKey Image = new(new InputSize(320, 320), 1, Panoptic);

    private readonly FakeTimeProvider _time = new();

    /// <summary>Masks of another size than the image's say nothing false about those of the image's.</summary>
    [Fact]
    public void Learn_SmallMasksOfALargeImage_CountByTheirOwnSize()
    {
        var sut = Create();
        var image = new LatencyKey(new InputSize(320, 320), 100 * 512 * 512, Panoptic, MaskPixels: 512 * 512);
        sut.Learn(image, (1, null), new StageTimes { Decode = 1000, Stem = 10, Encoder = 10, Decoder = 10, Mask = 7 });

        Assert.Equal((1000, 7), (At(sut, image)!.Decode!.Value, At(sut, image)!.Mask!.Value));
        Assert.Equal((1000, 700), (At(sut, image with { MaskPixels = null })!.Decode!.Value, At(sut, image with { MaskPixels = null })!.Mask!.Value));
        Assert.Equal((10, 7), (At(sut, image with { ImagePixels = 1, MaskPixels = null })!.Decode!.Value, At(sut, image with { MaskPixels = 1 })!.Mask!.Value));
    }

    [Fact]
    public void Learn_MasksOfEveryPixel_AreKeptApart()
    {
        var sut = Create();
        var image = new LatencyKey(new InputSize(320, 320), 1, Panoptic);
        sut.Learn(image, (1, null), new StageTimes { Decode = 10, Stem = 10, Encoder = 10, Decoder = 10, Mask = 5 });
        Assert.Equal(5, At(sut, image with { EveryPixel = true })!.Mask);

        sut.Learn(image with { EveryPixel = true }, (1, null), new StageTimes { Decode = 10, Stem = 10, Encoder = 10, Decoder = 10, Mask = 50 });
        Assert.Equal((5, 50), (At(sut, image)!.Mask!.Value, At(sut, image with { EveryPixel = true })!.Mask!.Value));
    }

    [Fact]
    public void At_NothingMeasured_IsNull() => Assert.Null(At(Create(), new LatencyKey(new InputSize(320, 320), 1, Panoptic)));

    [Fact]
    public void At_UnseenSize_ScalesNearestByPixels()
    {
        var sut = Create();
        sut.Learn(new LatencyKey(new InputSize(100, 100), 100, Panoptic), (1, null), Times(10, 2, 5, 1, 0));
        sut.Learn(new LatencyKey(new InputSize(1000, 1000), 100, Panoptic), (1, null), Times(7777, 7777, 7777, 7777, 0));

        Assert.Equal(Times(20, 4, 10, 1, 0), At(sut, new LatencyKey(new InputSize(100, 200), 100, Panoptic)));
    }

    [Fact]
    public void Learn_Again_MovesTowardTheNewMeasurement()
    {
        var sut = Create();
        sut.Learn(new LatencyKey(new InputSize(100, 100), 100, Panoptic), (1, null), Times(10, 10, 10, 10, 0));
        for (var i = 0; i < 50; i++)
        {
            sut.Learn(new LatencyKey(new InputSize(100, 100), 100, Panoptic), (1, null), Times(20, 20, 20, 20, 0));
        }

        Assert.InRange(At(sut, new LatencyKey(new InputSize(100, 100), 100, Panoptic))!.Stem!.Value, 19.9, 20);
    }

    [Fact]
    public void At_SmallImageAfterHugeOnes_IsNotExpectedToTakeTheirTimeOnTheHost()
    {
        var sut = Create();
        sut.Learn(new LatencyKey(new InputSize(320, 320), 100_000_000, Panoptic), (1, null), Times(10, 10, 10, 4000, 0));

        Assert.InRange(At(sut, new LatencyKey(new InputSize(320, 320), 300 * 300, Panoptic))!.Decode!.Value, 0, 20);
        Assert.Equal(4000, At(sut, new LatencyKey(new InputSize(320, 320), 100_000_000, Panoptic))!.Decode!.Value, 3);
    }

    [Fact]
    public void At_HugeImageAfterTinyOnes_IsNotRefusedForTheirFixedCost()
    {
        var sut = Create();
        sut.Learn(new LatencyKey(new InputSize(320, 320), 1, Panoptic), (1, null), Times(10, 10, 10, 5, 0));

        Assert.InRange(At(sut, new LatencyKey(new InputSize(320, 320), 100_000_000, Panoptic))!.Decode!.Value, 0, 2500);
    }

    [Fact]
    public void Total_Depth_AddsLayersAndHost() =>
        Assert.Equal(TimeSpan.FromMilliseconds(10 + (3 * 2) + 5 + 1 + 7), new LatencyEstimate(Times(10, 2, 5, 1, 7), static _ => 1).At(new ComputePoint(64, Image.Input, 3)).Total);

    [Fact]
    public void AfterGate_Depth_LeavesOutWhatHasRun() =>
        Assert.Equal(TimeSpan.FromMilliseconds((3 * 2) + 5 + 7), new LatencyEstimate(Times(10, 2, 5, 1, 7), static _ => 1).At(new ComputePoint(64, Image.Input, 3)).AfterGate);

    [Fact]
    public void At_CutDecoder_TakesItsShareOfTheWholeOnes()
    {
        var sut = Create();
        sut.SetDecoderShare(3, 0.5);
        sut.Learn(Image, (2, 3), Times(10, 4, 5, 1, 7));
        var estimate = sut.Estimate(Image)!;

        Assert.Equal((10, 5), (estimate.At(new ComputePoint(64, Image.Input, 1, 9)).Decoder, estimate.At(new ComputePoint(64, Image.Input, 1, 3)).Decoder));
        Assert.Equal(10, estimate.At(new ComputePoint(64, Image.Input, 1)).Decoder);
        Assert.Equal(6, estimate.At(new ComputePoint(64, Image.Input, 3, 3)).Encoder);
    }

    [Fact]
    public void LearnFromTimeout_CutDecoder_IsComparedWithItsOwnShare()
    {
        var sut = Create();
        sut.SetDecoderShare(3, 0.5);
        sut.Learn(Image, (1, 9), Times(10, 2, 6, 1, 7));
        sut.LearnFromTimeout(Image, 3, new StageTimes { Decode = 1, Stem = 10, Decoder = 3 });

        Assert.Equal(6, At(sut, Image)!.Decoder!.Value, 9);
    }

    [Fact]
    public void At_OneTaskBesideImagesOfAllTasks_KeepsItsOwnMaskTime()
    {
        var sut = Create();
        for (var i = 0; i < 50; i++)
        {
            sut.Learn(Image, (1, null), Times(10, 2, 5, 1, 7));
            sut.Learn(Image with { Tasks = AllTasks }, (1, null), Times(10, 2, 5, 1, 70));
        }

        Assert.Equal(7, At(sut, Image)!.Mask!.Value, 9);
        Assert.Equal(70, At(sut, Image with { Tasks = AllTasks })!.Mask!.Value, 9);
        Assert.Equal(10, At(sut, Image with { Tasks = AllTasks })!.Stem!.Value, 9);
    }

    [Fact]
    public void At_TasksNotSeenTogether_TakeWhatEachTakesAlone()
    {
        var sut = Create();
        sut.Learn(Image, (1, null), Times(10, 2, 5, 1, 7));
        Assert.Equal(3 * 7, At(sut, Image with { Tasks = AllTasks })!.Mask); // nothing is known of the others
        sut.Learn(Image with { Tasks = SegmentationTasks.Instance }, (1, null), Times(10, 2, 5, 1, 20));
        sut.Learn(Image with { Tasks = SegmentationTasks.Semantic }, (1, null), Times(10, 2, 5, 1, 4));
        Assert.Equal(7 + 20 + 4, At(sut, Image with { Tasks = AllTasks })!.Mask);
    }

    [Fact]
    public void TryAdmitTrial_MeasuredLately_IsFalse()
    {
        var sut = Create();
        Assert.False(sut.TryAdmitTrial(Image)); // the table is new
        _time.Advance(2 * LatencyTable.TrialInterval);
        sut.Learn(Image, (1, null), Times(10, 2, 5, 1, 7));
        _time.Advance(LatencyTable.TrialInterval / 2);
        Assert.False(sut.TryAdmitTrial(Image));
    }

    [Fact]
    public void TryAdmitTrial_NothingMeasuredForAWhile_IsTrueForOneInEachInterval()
    {
        var sut = Create();
        sut.Learn(Image, (1, null), Times(10, 2, 5, 1, 7));
        for (var interval = 0; interval < 3; interval++)
        {
            _time.Advance(LatencyTable.TrialInterval);
            sut.Learn(Image with { Tasks = AllTasks }, (1, null), Times(10, 2, 5, 1, 7)); // of another kind
            Assert.True(sut.TryAdmitTrial(Image));
            Assert.False(sut.TryAdmitTrial(Image));
        }
    }

    [Fact]
    public void Complete_SlowStem_MakesTheDeviceSlow()
    {
        var expected = Times(10, 2, 5, 2, 7);
        var finished = new StageTimes();
        Assert.Null(LatencyTable.Complete(finished, expected));
        finished = finished with { Decode = 2 };
        Assert.Equal(expected, LatencyTable.Complete(finished, expected));
        finished = finished with { Queue = 1000, Stem = 33, Gate = 1 }; // the queue is others' work
        Assert.Equal(Times(34, 2 * 3.4, 5 * 3.4, 2, 7), LatencyTable.Complete(finished, expected));
        finished = finished with { Decoder = 1000, Mask = 9 }; // a pause: the layers were not as slow as that
        Assert.Equal(Times(34, 2 * 4, 1000, 2, 9), LatencyTable.Complete(finished, expected));
    }

    [Fact]
    public void LearnFromTimeout_NothingKnown_TeachesNothing()
    {
        var (sut, slow) = (Create(), new StageTimes { Decode = 1, Stem = 99 });
        sut.LearnFromTimeout(Image, null, slow);
        Assert.Null(At(sut, Image));
        sut.Learn(Image, (1, null), Times(10, 2, 5, 1, 7));
        sut.LearnFromTimeout(Image with { Tasks = SegmentationTasks.Semantic }, null, slow);
        Assert.Equal(7, At(sut, Image with { Tasks = SegmentationTasks.Semantic })!.Mask);
        Assert.Equal(10, At(sut, Image)!.Stem);
        sut.LearnFromTimeout(Image, null, new StageTimes { Decode = 1, Stem = 20 });
        Assert.Equal(12, At(sut, Image)!.Stem!.Value, 9);
    }

    [Fact]
    public void LearnMask_OtherTasks_LeavesTheDeviceAlone()
    {
        var sut = Create();
        sut.Learn(Image, (1, null), Times(10, 2, 5, 1, 7));
        sut.LearnMask(Image with { Tasks = SegmentationTasks.Semantic }, 4);
        Assert.Equal(Times(10, 2, 5, 1, 4), At(sut, Image with { Tasks = SegmentationTasks.Semantic }));
    }

    [Fact]
    public void TryAdmitTrial_UploadsOfAnotherSize_AreTriedOnTheirOwn()
    {
        var sut = Create();
        sut.Learn(Image, (1, null), Times(10, 2, 5, 1, 7));
        _time.Advance(LatencyTable.TrialInterval);
        sut.Learn(Image, (1, null), Times(10, 2, 5, 1, 7));
        Assert.False(sut.TryAdmitTrial(Image));
        Assert.True(sut.TryAdmitTrial(Image with { ImagePixels = 100 * Image.ImagePixels }));
    }

    private LatencyTable Create() => new(_time);

    private static StageTimes? At(LatencyTable table, LatencyKey image) => table.Estimate(image)?.At(new ComputePoint(64, image.Input, 1));

    /// <summary>An expected run of one layer.</summary>
    private static StageTimes Times(double stem, double layer, double decoder, double decode, double mask) =>
        new() { Stem = stem, Encoder = layer, Decoder = decoder, Decode = decode, Mask = mask };
}
