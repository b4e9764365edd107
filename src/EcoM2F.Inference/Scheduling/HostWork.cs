namespace EcoM2F.Inference.Scheduling;

/// <summary>
/// Work on pixels that runs on the host: decoding, resizing, masks. At most one piece per core at a time, so that memory is
/// bounded by cores and not by clients.
/// </summary>
internal sealed class HostWork : IDisposable
{
    private readonly SemaphoreSlim _slots = new(Environment.ProcessorCount);

    /// <summary>Runs the work on the caller's thread once a slot is free.</summary>
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
