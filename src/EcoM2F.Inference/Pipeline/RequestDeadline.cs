using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;

namespace EcoM2F.Inference.Pipeline;

/// <summary>
/// A request's deadline, and the token that cancels its work at the deadline or when the client disconnects, whichever is first. Without a
/// deadline it is the client's token.
/// </summary>
internal sealed class RequestDeadline : IDisposable
{
    private readonly TimeProvider _time;
    private readonly long _received;
    private readonly TimeSpan? _limit;
    private readonly CancellationToken _client;
    private readonly CancellationTokenSource? _timer;
    private readonly CancellationTokenSource? _linked;

    public RequestDeadline(TimeProvider time, long received, TimeSpan? limit, CancellationToken client)
    {
        (_time, _received, _limit, _client) = (time, received, limit, client);
        if (Remaining is not { } remaining)
        {
            return;
        }

        if (remaining <= TimeSpan.Zero)
        {
            throw Passed();
        }

        _timer = new CancellationTokenSource(remaining, time);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, client);
    }

    public CancellationToken Token => _linked?.Token ?? _client;

    /// <summary>Whether the work was cancelled by the deadline and not by the client.</summary>
    public bool HasPassed => _timer is { IsCancellationRequested: true } && !_client.IsCancellationRequested;

    /// <summary>Null without a deadline; negative once it has passed.</summary>
    private TimeSpan? Remaining => _limit - _time.GetElapsedTime(_received);

    /// <summary>The time left, for a choice that is made now.</summary>
    /// <param name="needed">Time that a point still takes; null if nothing has been measured yet.</param>
    /// <param name="tryAdmitTrial">See <see cref="RemainingTime"/>.</param>
    public RemainingTime Now(Func<ComputePoint, TimeSpan?> needed, Func<bool> tryAdmitTrial) =>
        _limit is null ? RemainingTime.Unlimited : new RemainingTime(Remaining, needed, tryAdmitTrial);

    public SegmentationException Passed() => new(
        SegmentationError.DeadlineExceeded,
        $"The deadline of {_limit!.Value.TotalMilliseconds:0} ms passed before the answer was ready.",
        "deadline-ms");

    public void Dispose()
    {
        _linked?.Dispose();
        _timer?.Dispose();
    }
}
