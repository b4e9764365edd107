namespace EcoM2F.Inference.Tests;

/// <summary>A clock that goes on by one step whenever it is read: whatever is measured takes a step.</summary>
internal sealed class TickingTime : TimeProvider
{
    public static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Add(ref _now, Step.Ticks);
}
