using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;

namespace EcoM2F.Inference.Pipeline;

/// <summary>
/// The moment by which a request wants its answer, and the token that ends its work then or when its client leaves, whichever
/// is first. Without a deadline it is the client's token alone.
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

    /// <summary>Null without a deadline; negative once it has passed.</summary>
    public TimeSpan? Remaining => _limit - _time.GetElapsedTime(_received);

    /// <summary>Whether the clock, and not the client, ended the work.</summary>
    public bool HasPassed => _timer is { IsCancellationRequested: true } && !_client.IsCancellationRequested;

    /// <summary>Whether a measured cost says that the deadline cannot be met.</summary>
    /// <param name="least">Time at the shallowest allowed exit; null where nothing was measured yet.</param>
    public bool IsTooShortFor(TimeSpan? least) => least > Remaining;

    /// <summary>What a request is refused with where <see cref="IsTooShortFor"/>.</summary>
    public SegmentationException TooShort(TimeSpan least) => new(
        SegmentationError.DeadlineExceeded,
        FormattableString.Invariant($"{Remaining.GetValueOrDefault().TotalMilliseconds:0} ms are left of the deadline; this image takes about {least.TotalMilliseconds:0} ms at the shallowest allowed exit."),
        "deadline-ms");

    /// <summary>Tells whether what is left of a run still fits once its stem and gate have run; null without a deadline.</summary>
    public Func<int, bool>? FitCheck(StageLatency? latency) =>
        _limit is null || latency is null ? null : depth => latency.AfterGate(depth) <= Remaining;

    public SegmentationException Passed() => new(
        SegmentationError.DeadlineExceeded,
        $"The deadline of {_limit!.Value.TotalMilliseconds:0} ms passed before the answer was there.",
        "deadline-ms");

    public void Dispose()
    {
        _linked?.Dispose();
        _timer?.Dispose();
    }
}
