namespace EcoM2F.Inference.Scheduling;

/// <summary>
/// Limits work on pixels that runs on the host (decoding, resizing, masks) to one piece per core at a time, so that the number of cores
/// bounds memory, not the number of clients. Thread-safe.
/// </summary>
internal sealed class HostWork : IDisposable
{
    private readonly SemaphoreSlim _slots = new(Environment.ProcessorCount);

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

    public void Dispose() => _slots.Dispose();
}
