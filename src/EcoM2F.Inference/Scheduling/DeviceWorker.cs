using EcoM2F.Inference.Errors;

namespace EcoM2F.Inference.Scheduling;

/// <summary>
/// The threads that run models on a device, and the bounded queue in front of them (<see cref="Admission"/> bounds images before they come
/// here). Jobs run stage by stage: a thread takes the next job (<see cref="JobQueue"/> says which), and with it
/// others that wait for the same stage, as many as it pays to run together. With several threads, so many batches run side by side. A full queue
/// refuses new jobs at once, and a job whose caller has left is removed at once. Thread-safe. Disposing waits for what runs and abandons the waiting jobs.
/// </summary>
public sealed class DeviceWorker : IDisposable
{
    private readonly Lock _lock = new();

    private readonly JobQueue _waiting = new();
    private readonly List<List<DeviceJob>> _running = []; // batches, each on a thread of its own
    private readonly SemaphoreSlim _available = new(0);
    private readonly DeviceClock _clock;
    private readonly Thread[] _threads;
    private readonly int _capacity;
    private TimeSpan _predicted;
    private bool _stopping;

    /// <param name="capacity">One less than the images that may be here.</param>
    /// <param name="maxBatch">Most images that run through a stage together, where their model's measurements allow so many.</param>
    /// <param name="maxParallel">Most batches that run at the same time.</param>
    /// <param name="time">Null: the system's.</param>
    internal DeviceWorker(int capacity, int maxBatch = 1, int maxParallel = 1, TimeProvider? time = null)
    {
        (_capacity, MaxBatch, _clock) = (capacity, maxBatch, new DeviceClock(time ?? TimeProvider.System));
        _threads = [.. Enumerable.Range(0, maxParallel).Select(_ => new Thread(Loop) { IsBackground = true, Name = "ecom2f-device" })];
        Array.ForEach(_threads, static thread => thread.Start());
    }

    /// <summary>Most images that run through a stage together.</summary>
    internal int MaxBatch { get; }

    /// <summary>Most batches that run at the same time.</summary>
    internal int MaxParallel => _threads.Length;

    /// <summary>Number of waiting jobs; idle work does not count.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Device time that the waiting and running jobs are expected to take.</summary>
    public TimeSpan Predicted
    {
        get
        {
            lock (_lock)
            {
                return _predicted;
            }
        }
    }

    private IEnumerable<DeviceJob> RunningJobs => _running.SelectMany(static batch => batch);

    /// <summary>How many times longer than its part of the device, as <see cref="DeviceClock"/> has it, a stage lasts with as many images beside it as there are now.</summary>
    /// <param name="joining">Images that are not here yet and count.</param>
    internal int Stretch(int joining)
    {
        lock (_lock)
        {
            return Math.Clamp(_waiting.Count + RunningJobs.Count(static job => !job.RunsAlone) + joining, 1, MaxParallel);
        }
    }

    /// <summary>Runs <paramref name="work"/> on a thread of the device, with nothing beside it, after the jobs that are already waiting.</summary>
    /// <param name="work">Receives <paramref name="cancellationToken"/>, which is also checked before the work starts.</param>
    /// <param name="predicted">Device time that the work is expected to take.</param>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.Overloaded"/>, with a Retry-After, when the queue is full; <see cref="SegmentationError.NotReady"/> after <see cref="Stop"/>.</exception>
    internal async Task<T> RunAsync<T>(Func<CancellationToken, T> work, TimeSpan predicted, CancellationToken cancellationToken)
    {
        var job = new ExclusiveJob<T>(work, predicted, cancellationToken);
        return await RunAsync(job, job.Task).ConfigureAwait(false);
    }

    /// <summary>Queues a job and waits for its end.</summary>
    /// <param name="task">The task that the job completes.</param>
    /// <param name="resumes">A job that has run here, of the same image: it keeps its place ahead of images that arrived later. Null: a new image.</param>
    /// <exception cref="SegmentationException">As for the other overload, or the exception that ended the job.</exception>
    internal async Task<T> RunAsync<T>(DeviceJob job, Task<T> task, DeviceJob? resumes = null)
    {
        try
        {
            Enqueue(job, resumes?.Place);
        }
        catch (SegmentationException refused)
        {
            job.Abandon(refused); // releases what it holds
            throw;
        }

        using var registration = job.CancellationToken.UnsafeRegister(static (state, _) => ((Action)state!)(), () => Withdraw(job));
        return await task.ConfigureAwait(false);
    }

    /// <summary>Waits for what runs, abandons waiting jobs, refuses new ones, and returns when the threads have ended. May be called again.</summary>
    internal void Stop()
    {
        List<DeviceJob> abandoned;
        lock (_lock)
        {
            abandoned = _waiting.TakeAll();
            abandoned.ForEach(job => _predicted -= job.Predicted);
            if (!_stopping)
            {
                _stopping = true;
                _available.Release(_threads.Length);
            }
        }

        foreach (var job in abandoned)
        {
            job.Abandon(Stopping());
        }

        Array.ForEach(_threads, static thread => thread.Join());
    }

    public void Dispose()
    {
        Stop();
        _available.Dispose();
    }

    private static SegmentationException Stopping() => new(SegmentationError.NotReady, "The service is stopping.");

    private void Enqueue(DeviceJob job, QueuePlace? place)
    {
        lock (_lock)
        {
            if (_stopping)
            {
                throw Stopping();
            }

            if (job.Urgency != JobQueue.Idle && _waiting.Count + RunningJobs.Count(static running => running.Urgency != JobQueue.Idle) > _capacity)
            {
                throw Overloaded(_waiting.Count);
            }

            if (place is null)
            {
                _waiting.Add(job);
            }
            else
            {
                _waiting.Add(job, place);
            }

            job.Clock = _clock;
            _predicted += job.Predicted;
            Wake();
        }
    }

    private SegmentationException Overloaded(int images) =>
        new(SegmentationError.Overloaded, $"{images} images are in progress already, as many as are allowed.")
        {
            RetryAfter = _predicted > TimeSpan.FromSeconds(1) ? _predicted : TimeSpan.FromSeconds(1),
        };

    private void Withdraw(DeviceJob job)
    {
        lock (_lock)
        {
            if (!_waiting.Remove(job))
            {
                return; // running, which its own token stops, or ended
            }

            _predicted -= job.Predicted;
            Wake(); // another thread may have waited for its turn
        }

        job.Abandon(null);
    }

    private void Loop()
    {
        while (TryTake(out var batch))
        {
            if (batch.Count == 0)
            {
                _available.Wait(); // the permit may be that of a job that was withdrawn, or that another thread has taken
                continue;
            }

            _clock.Enter();
            batch[0].Run(batch);
            _clock.Leave();
            foreach (var job in PutBack(batch))
            {
                job.Abandon(job.CancellationToken.IsCancellationRequested ? null : Stopping());
            }
        }
    }

    /// <param name="batch">Empty: there is nothing to do now.</param>
    /// <returns>False: the worker stops.</returns>
    private bool TryTake(out List<DeviceJob> batch)
    {
        lock (_lock)
        {
            var mayBegin = !_stopping && !RunningJobs.Any(static job => job.RunsAlone);
            batch = mayBegin ? _waiting.Take(MaxBatch, isFree: _running.Count == 0) : [];
            if (batch.Count > 0)
            {
                _running.Add(batch);
                if (_waiting.Count > 0 && !batch[0].RunsAlone)
                {
                    Wake();
                }
            }

            return !_stopping;
        }
    }

    /// <summary>Has another thread look for work, if one has none: a thread that ends a batch looks by itself. Called under the lock.</summary>
    private void Wake()
    {
        if (_running.Count < MaxParallel)
        {
            _available.Release();
        }
    }

    /// <summary>Removes ended jobs and queues the others for their next stage.</summary>
    /// <returns>Jobs to abandon: cancelled in the meantime, or left without a next stage because the worker stops.</returns>
    private List<DeviceJob> PutBack(List<DeviceJob> batch)
    {
        var abandoned = new List<DeviceJob>();
        lock (_lock)
        {
            _running.Remove(batch);
            foreach (var job in batch)
            {
                if (!job.IsDone && !_stopping && !job.CancellationToken.IsCancellationRequested)
                {
                    _waiting.Add(job, job.Place!);
                    continue;
                }

                _predicted -= job.Predicted;
                if (!job.IsDone)
                {
                    abandoned.Add(job);
                }
            }
        }

        return abandoned;
    }
}
