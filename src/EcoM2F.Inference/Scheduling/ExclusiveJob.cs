namespace EcoM2F.Inference.Scheduling;

/// <summary>Work that has the device to itself for one turn, such as loading a model or measuring all of its exits.</summary>
/// <param name="work">Receives the job's token, which is also checked before the work starts.</param>
internal sealed class ExclusiveJob<T>(Func<CancellationToken, T> work, TimeSpan predicted, CancellationToken cancellationToken)
    : DeviceJob(predicted, cancellationToken)
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Task => _completion.Task;

    public override StageKey? Key => null;

    public override bool RunsAlone => true;

    public override bool IsDone => _completion.Task.IsCompleted;

    public override void Run(IReadOnlyList<DeviceJob> batch)
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
            // The caller sees whatever the work throws; the worker continues with the next job.
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
