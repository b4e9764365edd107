using Microsoft.Extensions.Logging;

namespace EcoM2F.Inference.Scheduling;

/// <summary>
/// Whether load has changed choices lately: from the first image that got a cheaper point for it until <see cref="Pause"/> has passed without
/// one. For people only, as a gauge and two log lines; no choice depends on it. Thread-safe.
/// </summary>
public sealed class Brownout : IDisposable
{
    /// <summary>Long enough that a busy minute is one brownout and not fifty.</summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private bool _active;
    private long _began;
    private long _last;
    private long _images;

    internal Brownout(TimeProvider time, ILogger<Brownout> logger)
    {
        (_time, _logger) = (time, logger);
        _timer = time.CreateTimer(static state => ((Brownout)state!).EndIfPast(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public bool IsActive
    {
        get
        {
            lock (_lock)
            {
                return _active;
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>An image got a cheaper point because of load.</summary>
    internal void ReportImage()
    {
        var begins = false;
        lock (_lock)
        {
            _last = _time.GetTimestamp();
            if (!_active)
            {
                (begins, _active, _began, _images) = (true, true, _last, 0);
            }

            _images++;
            _timer.Change(Pause, Timeout.InfiniteTimeSpan);
        }

        if (begins)
        {
            SchedulingLog.BrownoutBegins(_logger);
        }
    }

    private void EndIfPast()
    {
        TimeSpan lasted;
        long images;
        lock (_lock)
        {
            var left = Pause - _time.GetElapsedTime(_last);
            if (left > TimeSpan.Zero)
            {
                // An image came while the timer fired, or the timer's clock is ahead of the other by a little.
                _timer.Change(left + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
                return;
            }

            _active = false;
            (lasted, images) = (_time.GetElapsedTime(_began, _last), _images);
        }

        SchedulingLog.BrownoutEnds(_logger, images, lasted.TotalSeconds);
    }
}
