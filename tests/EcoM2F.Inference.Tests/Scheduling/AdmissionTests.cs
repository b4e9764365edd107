using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Scheduling;
using Microsoft.Extensions.Time.Testing;

namespace EcoM2F.Inference.Tests.Scheduling;

public sealed class AdmissionTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Cap_OneImageAlone_IsNoneHoweverLongItTakes()
    {
        var sut = Create(target: 500);
        Assert.Null(sut.CapOfNext());
        using var image = sut.Admit(TimeSpan.FromMinutes(1));

        Pass(10_000);

        Assert.Null(image.Cap());
    }

    [Fact]
    public void Cap_Several_IsWhatTheOldestHasLeftDividedByAll()
    {
        var sut = Create(target: 500);
        var oldest = sut.Admit(TimeSpan.Zero);
        Pass(100);
        Assert.Equal(Milliseconds(200), sut.CapOfNext()); // (500 - 100) / 2
        using var second = sut.Admit(TimeSpan.Zero);
        Pass(50);
        Assert.Equal(Milliseconds(175), second.Cap());
        Assert.Equal(second.Cap(), oldest.Cap());
        using var third = sut.Admit(TimeSpan.Zero);
        Pass(200);
        Assert.Equal(Milliseconds(50), third.Cap());
        oldest.Dispose();
        oldest.Dispose(); // leaves once

        Assert.Equal(Milliseconds(125), third.Cap()); // (500 - 250) / 2
        Pass(500);
        Assert.Equal(Milliseconds(-125), third.Cap());
    }

    [Fact]
    public void Cap_TargetOfZero_IsNone()
    {
        var sut = Create(target: 0);
        using var first = sut.Admit(TimeSpan.Zero);
        using var second = sut.Admit(TimeSpan.Zero);

        Assert.Equal((null, null), (second.Cap(), sut.CapOfNext()));
    }

    [Fact]
    public void Admit_AllPlacesTaken_RefusesUntilOneIsGivenBack()
    {
        var sut = Create(capacity: 1);
        using var waiting = sut.Admit(TimeSpan.Zero);
        var running = sut.Admit(TimeSpan.Zero);

        Assert.Equal(SegmentationError.Overloaded, Assert.Throws<SegmentationException>(() => sut.Admit(TimeSpan.Zero)).Error);
        Assert.Throws<SegmentationException>(sut.ThrowIfFull);
        running.Dispose();
        running.Dispose(); // gives back once

        sut.ThrowIfFull();
        using var next = sut.Admit(TimeSpan.Zero);
        Assert.Throws<SegmentationException>(() => sut.Admit(TimeSpan.Zero));
    }

    [Theory]
    [InlineData(800, 300, true)] // exactly the limit
    [InlineData(800, 301, false)]
    [InlineData(0, 100_000, true)] // no limit
    public void Admit_PredictedQueue_IsHeldToItsLimit(int limit, int milliseconds, bool admitted)
    {
        var sut = Create(maxQueue: limit);
        using var first = sut.Admit(Milliseconds(400));
        using var second = sut.Admit(Milliseconds(100));

        var error = Record.Exception(() => sut.Admit(Milliseconds(milliseconds)).Dispose());

        Assert.Equal(admitted, error is null);
        Assert.True(admitted || error!.Message.Contains($"about {500 + milliseconds} ms", StringComparison.Ordinal));
    }

    [Fact]
    public void Admit_AnImageAlone_IsNeverRefused()
    {
        var sut = Create(maxQueue: 1);
        sut.ThrowIfFull();
        var image = sut.Admit(TimeSpan.FromHours(1));
        Assert.Throws<SegmentationException>(sut.ThrowIfFull);
        Assert.Throws<SegmentationException>(() => sut.Admit(TimeSpan.Zero));
        image.Dispose();

        sut.Admit(TimeSpan.FromHours(1)).Dispose();
    }

    [Theory]
    [InlineData(700, 0, 1)] // the wait of half a second, rounded up
    [InlineData(700, 1, 3)]
    [InlineData(3300, 0, 4)]
    [InlineData(3300, 1, 12)]
    public void RetryAfter_IsOneToThreeTimesTheWait(int milliseconds, double random, int seconds)
    {
        var sut = Create(maxQueue: 400, random: new FixedRandom(random));
        using var image = sut.Admit(Milliseconds(200));

        var error = Assert.Throws<SegmentationException>(() => sut.Admit(Milliseconds(milliseconds)));

        Assert.Equal(TimeSpan.FromSeconds(seconds), error.RetryAfter);
    }

    private static TimeSpan Milliseconds(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private void Pass(int milliseconds) => _time.Advance(Milliseconds(milliseconds));

    private Admission Create(int capacity = 64, int target = 500, int maxQueue = 0, Random? random = null) =>
        new(capacity, new SchedulingOptions { TargetMilliseconds = target, MaxQueueMilliseconds = maxQueue }, _time, random ?? new FixedRandom(0));

    /// <param name="share">0: always the least possible value; 1: always the greatest.</param>
    private sealed class FixedRandom(double share) : Random
    {
        public override int Next(int maxValue) => (int)((maxValue - 1) * share);
    }
}
