namespace EcoM2F.Inference.Scheduling;

/// <summary>One piece of work for a device. Runs at most once, on the worker's thread; may be abandoned while it waits.</summary>
internal abstract class DeviceJob(TimeSpan predicted, CancellationToken cancellationToken)
{
    /// <summary>Device time this job is expected to take, for admission and Retry-After.</summary>
    public TimeSpan Predicted { get; } = predicted;

    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>Where the job waits; owned by the worker's lock.</summary>
    public LinkedListNode<DeviceJob>? Node { get; set; }

    public abstract void Run();

    /// <summary>Ends the task of a job that will never run.</summary>
    public abstract void Abandon(Exception? reason);
}

/// <inheritdoc/>
internal sealed class DeviceJob<T>(Func<CancellationToken, T> work, TimeSpan predicted, CancellationToken cancellationToken)
    : DeviceJob(predicted, cancellationToken)
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Task => _completion.Task;

    public override void Run()
    {
        try
        {
            CancellationToken.ThrowIfCancellationRequested();
            _completion.TrySetResult(work(CancellationToken));
        }
        catch (OperationCanceledException)
        {
            _completion.TrySetCanceled(CancellationToken);
        }
        catch (Exception exception)
        {
            // Whatever a job throws is its caller's to see; the worker goes on with the next.
            _completion.TrySetException(exception);
        }
    }

    public override void Abandon(Exception? reason)
    {
        if (reason is null)
        {
            _completion.TrySetCanceled(CancellationToken);
        }
        else
        {
            _completion.TrySetException(reason);
        }
    }
}
