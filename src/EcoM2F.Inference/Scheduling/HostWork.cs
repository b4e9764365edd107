namespace EcoM2F.Inference.Scheduling;

/// <summary>
/// Limits work on pixels that runs on the host (decoding, resizing, masks): to one thread per core at a time, and in the bytes that all pieces hold,
/// decoded images that wait for a gate's choice included, so that neither clients nor cores nor large images decide about memory. Thread-safe.
/// </summary>
internal sealed class HostWork : IDisposable
{
    /// <summary>Part of the process's memory that pixels may take unless the settings say otherwise; the rest is for models, uploads and the runtime.</summary>
    private const int DefaultPart = 4;

    private const long Megabyte = 1 << 20;

    /// <summary>Cores: what a photograph needs is too little to divide among more.</summary>
    private const int MostLent = 3;

    private readonly SemaphoreSlim _cores = new(Environment.ProcessorCount);
    private readonly ByteBudget _memory;

    /// <param name="megabytes">2^20 bytes each; 0: a quarter of the memory that the process may use.</param>
    public HostWork(int megabytes = 0) =>
        _memory = new ByteBudget(megabytes > 0 ? megabytes * Megabyte : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / DefaultPart);

    /// <summary>Bytes of pixels that requests hold now, as they were estimated.</summary>
    public long HeldBytes => _memory.Held;

    /// <summary>
    /// Waits for memory, which is held until the result is disposed. No core may be held meanwhile, nor other memory; who holds memory may wait for
    /// a core and for the device, which need none.
    /// </summary>
    /// <param name="bytes">What the work is expected to need; more than there is gets all of it, alone.</param>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    public Task<ByteBudget.Holding> TakeMemoryAsync(long bytes, CancellationToken cancellationToken) => _memory.TakeAsync(bytes, cancellationToken);

    /// <summary>Waits for a free core, then runs the work on the thread that continues.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting; the work itself observes its own token.</exception>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await _cores.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return work();
        }
        finally
        {
            _cores.Release();
        }
    }

    /// <summary>Lends the cores that are idle now, and that nobody waits for, to a piece of work that <see cref="RunAsync"/> runs, until it is done.</summary>
    /// <param name="work">Gets the threads that it may use, its own included.</param>
    public T RunWide<T>(Func<int, T> work)
    {
        var lent = 0;
        try
        {
            while (lent < MostLent && _cores.Wait(0, CancellationToken.None))
            {
                lent++;
            }

            return work(1 + lent);
        }
        finally
        {
            if (lent > 0)
            {
                _cores.Release(lent);
            }
        }
    }

    public void Dispose() => _cores.Dispose();
}
