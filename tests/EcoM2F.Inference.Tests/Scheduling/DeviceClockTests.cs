using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Scheduling;
using Microsoft.Extensions.Time.Testing;

namespace EcoM2F.Inference.Tests.Scheduling;

public sealed class DeviceClockTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void At_SeveralRun_PassesMoreSlowly()
    {
        var sut = new DeviceClock(_time);
        Assert.Equal(0, After(sut, 10)); // nothing runs

        sut.Enter();
        Assert.Equal(10, After(sut, 10));
        sut.Enter();
        Assert.Equal(15, After(sut, 10));
        sut.Leave();
        Assert.Equal(25, After(sut, 10));
        sut.Leave();
        Assert.Equal(25, After(sut, 10));
    }

    /// <summary>The parts of all are what the device was busy for, and the rest of each was waiting.</summary>
    [Fact]
    public void StageWatch_OneRunsBeside_CountsItsPartAndWaitsForTheRest()
    {
        var clock = new DeviceClock(_time);
        var (one, other) = (new StageWatch(_time), new StageWatch(_time));
        clock.Enter();
        using var first = one.Start(Stage.Encoder, clock);
        _time.Advance(TimeSpan.FromMilliseconds(6));
        clock.Enter();
        using var second = other.Start(Stage.Stem, clock);
        _time.Advance(TimeSpan.FromMilliseconds(8));

        first.Complete();
        clock.Leave();
        _time.Advance(TimeSpan.FromMilliseconds(5));
        second.Complete();

        Assert.Equal((10, 4), (one.Times[Stage.Encoder], one.Times[Stage.Queue]));
        Assert.Equal((9, 4), (other.Times[Stage.Stem], other.Times[Stage.Queue]));
        Assert.Equal(6 + 8 + 5, one.Times[Stage.Encoder] + other.Times[Stage.Stem]);
    }

    private double After(DeviceClock clock, int milliseconds)
    {
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        return clock.At(_time.GetTimestamp()).TotalMilliseconds;
    }
}
