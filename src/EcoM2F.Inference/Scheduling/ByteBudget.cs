namespace EcoM2F.Inference.Scheduling;

/// <summary>
/// Bounds the bytes that pieces of work hold together. First come, first served: where one waits, later ones wait behind it, however little they
/// need, so that a large one is not passed over for ever. One that needs more than the bound gets all of it, and so has it alone. Thread-safe.
/// </summary>
internal sealed class ByteBudget(long limit)
{
    private readonly Lock _lock = new();

    /// <summary>Oldest first.</summary>
    private readonly LinkedList<Waiter> _waiting = new();

    private long _held;

    /// <summary>Bytes held now.</summary>
    public long Held
    {
        get
        {
            lock (_lock)
            {
                return _held;
            }
        }
    }

    /// <summary>Waits until so many bytes are free. Whoever holds some must not wait for more: two that did would wait for each other.</summary>
    /// <returns>Holds them until it is disposed.</returns>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    public async Task<Holding> TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(Math.Clamp(bytes, 0, limit));
        LinkedListNode<Waiter> node;
        lock (_lock)
        {
            node = _waiting.AddLast(waiter);
            Grant();
        }

        using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((Action<CancellationToken>)state!)(token), (Action<CancellationToken>)Leave);
        await waiter.Granted.Task.ConfigureAwait(false);
        return new Holding(this, waiter.Bytes);

        void Leave(CancellationToken token)
        {
            lock (_lock)
            {
                if (node.List is null)
                {
                    return; // has it
                }

                _waiting.Remove(node);
                Grant();
            }

            waiter.Granted.TrySetCanceled(token);
        }
    }

    /// <summary>Gives to those that wait, in order, as far as there is room. Called under the lock.</summary>
    private void Grant()
    {
        while (_waiting.First is { } first && _held + first.Value.Bytes <= limit)
        {
            _waiting.RemoveFirst();
            _held += first.Value.Bytes;
            first.Value.Granted.SetResult();
        }
    }

    private void Return(long bytes)
    {
        lock (_lock)
        {
            _held -= bytes;
            Grant();
        }
    }

    private sealed class Waiter(long bytes)
    {
        public long Bytes => bytes;

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Bytes that a piece of work holds; disposing gives them back. Thread-safe.</summary>
    internal sealed class Holding(ByteBudget budget, long bytes) : IDisposable
    {
        private long _bytes = bytes;

        /// <summary>Gives back what is held beyond so many bytes.</summary>
        public void ShrinkTo(long bytes)
        {
            var held = Interlocked.Read(ref _bytes);
            while (bytes < held)
            {
                var seen = Interlocked.CompareExchange(ref _bytes, bytes, held);
                if (seen == held)
                {
                    budget.Return(held - bytes);
                    return;
                }

                held = seen;
            }
        }

        public void Dispose() => ShrinkTo(0);
    }
}
