using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Tests.Compute;

public sealed class ImageLatencyTests
{
    private static readonly InputSize Small = new(64, 64);
    private static readonly InputSize Own = new(128, 128);
    private static readonly ImageInputs Inputs = new(128, new Dictionary<int, InputSize> { [64] = Small, [128] = Own });

    [Theory]
    [InlineData(0, 60)] // another device: the model alone, 20 + 3 x 10 + 10
    [InlineData(0.25, 90)] // four cores: the host's 120 on one of them
    [InlineData(1, 180)]
    public void Takes_HostsShare_CountsDecodingAndMasks(double share, int expected) =>
        Assert.Equal(TimeSpan.FromMilliseconds(expected), Create().Takes(new ComputePoint(128, Own, 3), probe: null, share));

    [Theory]
    [InlineData(64, 30)] // 5 + 3 x 5 + 10: the probe is the point's own stem
    [InlineData(128, 65)] // and the probe's 5
    public void Takes_Probe_CountsWhereItIsNotThePointsOwn(int size, int expected) =>
        Assert.Equal(TimeSpan.FromMilliseconds(expected), Create().Takes(new ComputePoint(size, Inputs[size], 3), Small, hostShare: 0));

    [Theory]
    [InlineData(1, 180, 80)]
    [InlineData(2, 240, 120)] // 2 x 60 + 120, and 2 x 40 + 40: the host's work is no longer for it
    public void TotalAndAfterGate_AnotherImageBeside_StretchTheDevicesPart(int stretch, int total, int afterGate)
    {
        var (sut, point) = (Create(), new ComputePoint(128, Own, 3));

        Assert.Equal(TimeSpan.FromMilliseconds(total), sut.Total(point, stretch));
        Assert.Equal(TimeSpan.FromMilliseconds(afterGate), sut.AfterGate(point, Own, stretch));
        Assert.Equal(TimeSpan.FromMilliseconds(total), sut.AfterGate(point, Small, stretch));
    }

    [Fact]
    public void Takes_NothingMeasured_IsUnknown() =>
        Assert.Null(new ImageLatency(new LatencyTable(TimeProvider.System), Inputs, new LatencyKey(Inputs.Own, 1, SegmentationTasks.Panoptic)).Takes(new ComputePoint(128, Own, 3), Small, 1));

    private static ImageLatency Create()
    {
        var table = new LatencyTable(TimeProvider.System);
        Learn(Small, new StageTimes { Stem = 5, Encoder = 15, Decoder = 10, Decode = 80, Mask = 40 });
        Learn(Own, new StageTimes { Stem = 20, Encoder = 30, Decoder = 10, Decode = 80, Mask = 40 });
        return new ImageLatency(table, Inputs, new LatencyKey(Inputs.Own, 1, SegmentationTasks.Panoptic));

        void Learn(InputSize input, StageTimes times) => table.Learn(new LatencyKey(input, 1, SegmentationTasks.Panoptic), (3, null), times);
    }
}
