namespace EcoM2F.Inference.Scheduling;

/// <summary>
/// Limits work on pixels that runs on the host (decoding, resizing, masks) to one piece per core at a time, and to as many the decoded images that
/// wait until a gate has chosen their size, so that the number of cores bounds memory, not the number of clients. Thread-safe.
/// </summary>
internal sealed class HostWork : IDisposable
{
    private readonly SemaphoreSlim _slots = new(Environment.ProcessorCount);
    private readonly SemaphoreSlim _kept = new(Environment.ProcessorCount);

    /// <summary>Waits for a free slot, then runs the work on the thread that continues.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting; the work itself observes its own token.</exception>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return work();
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>
    /// Waits until a decoded image may be kept, until the returned permit is disposed. No slot of <see cref="RunAsync"/> may be held meanwhile; who
    /// holds a permit may wait for a slot and for the device, which need none.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    public async Task<IDisposable> KeepAsync(CancellationToken cancellationToken)
    {
        await _kept.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Permit(_kept);
    }

    public void Dispose()
    {
        _slots.Dispose();
        _kept.Dispose();
    }

    private sealed class Permit(SemaphoreSlim kept) : IDisposable
    {
        private int _held = 1;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _held, 0) == 1)
            {
                kept.Release();
            }
        }
    }
}
