namespace EcoM2F.Inference.Scheduling;

/// <summary>
/// Work that runs on a device in one or several turns; an image takes one turn per stage. All members except <see cref="Abandon"/> and the
/// immutable properties are called only on the device's threads, on one at a time.
/// </summary>
internal abstract class DeviceJob(TimeSpan predicted, CancellationToken cancellationToken)
{
    /// <summary>Device time that the whole job is expected to take; used for Retry-After and the gauge of the queue.</summary>
    public TimeSpan Predicted { get; } = predicted;

    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>0, which is served first, to <see cref="JobQueue.LeastUrgent"/>; or <see cref="JobQueue.Idle"/>.</summary>
    /// <value><see cref="JobQueue.UsualUrgency"/></value>
    public int Urgency { get; init; } = JobQueue.UsualUrgency;

    /// <summary>Whether nothing else may run on the device while it does: true of measurements, of changes to the device, and of work that no caller waits for.</summary>
    /// <value>Whether it is <see cref="JobQueue.Idle"/>.</value>
    public virtual bool RunsAlone => Urgency == JobQueue.Idle;

    /// <summary>The device's; null where no worker runs the job.</summary>
    public DeviceClock? Clock { get; set; }

    /// <summary>The image's place in the worker's queue; null before the job was queued. Guarded by the worker's lock.</summary>
    public QueuePlace? Place { get; set; }

    /// <summary>The job's node in the worker's queue; null while it does not wait. Guarded by the worker's lock.</summary>
    public LinkedListNode<DeviceJob>? Node { get; set; }

    /// <summary>The stage that the job waits for; jobs with equal keys may share a batch. Null: in a batch of its own.</summary>
    public abstract StageKey? Key { get; }

    /// <summary>Most jobs with this job's key that it pays to run together, this one included.</summary>
    /// <value>1</value>
    public virtual int MostTogether => 1;

    /// <summary>Whether the job and its task have ended: completed, failed or cancelled.</summary>
    public abstract bool IsDone { get; }

    /// <summary>Runs the next stage of every job in the batch, of which this job is the first. Never throws: a failure ends the task of the job that it concerns.</summary>
    /// <param name="batch">Jobs with this job's key, this job included.</param>
    public abstract void Run(IReadOnlyList<DeviceJob> batch);

    /// <summary>Ends the task of a waiting job that will not run again. May be called from any thread, but never while the job runs.</summary>
    /// <param name="reason">The exception that ends the task. Null: the task is cancelled.</param>
    public abstract void Abandon(Exception? reason);
}
