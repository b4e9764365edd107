namespace EcoM2F.Recipe.Derive;

/// <summary>Work on many items, several at once, whose results come in the order of the items.</summary>
internal static class OrderedWork
{
    /// <summary>One is on the device, the others are decoded and scored; more would only take memory.</summary>
    public static int ImagesAtOnce { get; } = Math.Clamp(Environment.ProcessorCount + 1, 3, 24);

    /// <param name="deliver">Called with one result after the other.</param>
    /// <exception cref="OperationCanceledException">Cancelled; nothing runs any more when this is thrown, as with any other exception.</exception>
    public static async Task RunAsync<TItem, TResult>(
        IReadOnlyList<TItem> items, Func<TItem, CancellationToken, Task<TResult>> work, Action<TResult> deliver, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var started = new Queue<Task<TResult>>();
        var next = 0;
        try
        {
            while (next < items.Count || started.Count > 0)
            {
                for (; next < items.Count && started.Count < ImagesAtOnce; next++)
                {
                    var item = items[next];
                    started.Enqueue(Task.Run(() => work(item, stop.Token), stop.Token));
                }

                deliver(await started.Dequeue().ConfigureAwait(false));
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(started)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
