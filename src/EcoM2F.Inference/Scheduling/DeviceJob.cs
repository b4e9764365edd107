namespace EcoM2F.Inference.Scheduling;

/// <summary>
/// Something that needs a device, in one turn or in several: an image goes stage by stage. Everything but <see cref="Abandon"/> is called on the
/// device's thread alone.
/// </summary>
internal abstract class DeviceJob(TimeSpan predicted, CancellationToken cancellationToken)
{
    /// <summary>Device time that this job is expected to take in all, for admission and Retry-After.</summary>
    public TimeSpan Predicted { get; } = predicted;

    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>Where the job waits; owned by the worker's lock.</summary>
    public LinkedListNode<DeviceJob>? Node { get; set; }

    /// <summary>What the job waits for next; jobs of equal keys may share a batch. Null: it runs alone.</summary>
    public abstract StageKey? Key { get; }

    /// <summary>Whether the job has ended, for good or ill, and its task with it.</summary>
    public abstract bool IsDone { get; }

    /// <summary>Runs the next stage of the jobs of a batch, this one first. Throws nothing: what goes wrong ends the task of the job that it belongs to.</summary>
    /// <param name="batch">Jobs of this one's key; at least this one.</param>
    public abstract void Run(IReadOnlyList<DeviceJob> batch);

    /// <summary>Ends a job that waits and will not run again. May come from any thread, but never while the job runs.</summary>
    /// <param name="reason">Null: cancelled.</param>
    public abstract void Abandon(Exception? reason);
}
