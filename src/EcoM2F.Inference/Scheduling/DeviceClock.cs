namespace EcoM2F.Inference.Scheduling;

/// <summary>
/// A device's time as each of the batches that run on it at once has it: while n of them run, it passes n times more slowly than time does. What a
/// batch takes by it is its part of the device, and the parts of all add up to the time that the device was busy. Several at once get more done, so
/// that a part beside others is somewhat less than what the same batch takes alone.
/// Thread-safe.
/// </summary>
internal sealed class DeviceClock(TimeProvider time)
{
    private readonly Lock _lock = new();
    private TimeSpan _now;
    private long _since;
    private int _running;

    /// <summary>Reads the clock, which stands still while nothing runs.</summary>
    /// <param name="timestamp">Now, as <see cref="TimeProvider.GetTimestamp"/> has it.</param>
    public TimeSpan At(long timestamp)
    {
        lock (_lock)
        {
            return Advance(timestamp);
        }
    }

    /// <summary>A batch begins.</summary>
    public void Enter() => Change(1);

    /// <summary>A batch ends.</summary>
    public void Leave() => Change(-1);

    private void Change(int batches)
    {
        lock (_lock)
        {
            Advance(time.GetTimestamp());
            _running += batches;
        }
    }

    private TimeSpan Advance(long timestamp)
    {
        if (timestamp <= _since)
        {
            return _now; // another thread was here between that moment and this
        }

        if (_running > 0)
        {
            _now += time.GetElapsedTime(_since, timestamp) / _running;
        }

        _since = timestamp;
        return _now;
    }
}
