using EcoM2F.Inference.Errors;

namespace EcoM2F.Inference.Scheduling;

/// <summary>
/// The one thread that runs models on a device, and the bounded queue in front of it (<see cref="Admission"/> bounds images before they come
/// here). Jobs run stage by stage: the worker takes the next job (<see cref="JobQueue"/> says which), and with it
/// others that wait for the same stage, as many as it pays to run together. A full queue refuses new jobs at once, and a job whose caller has left is
/// removed at once. Thread-safe. Disposing waits for the running batch and abandons the waiting jobs.
/// </summary>
public sealed class DeviceWorker : IDisposable
{
    private readonly Lock _lock = new();

    private readonly JobQueue _waiting = new();
    private readonly SemaphoreSlim _available = new(0);
    private readonly Thread _thread;
    private readonly int _capacity;
    private List<DeviceJob> _running = [];
    private TimeSpan _predicted;
    private bool _stopping;

    /// <param name="capacity">Jobs that may wait, in addition to the running one.</param>
    /// <param name="maxBatch">Most images that run through a stage together, where their model's measurements allow so many.</param>
    internal DeviceWorker(int capacity, int maxBatch = 1)
    {
        (_capacity, MaxBatch) = (capacity, maxBatch);
        _thread = new Thread(Loop) { IsBackground = true, Name = "ecom2f-device" };
        _thread.Start();
    }

    /// <summary>Most images that run through a stage together.</summary>
    internal int MaxBatch { get; }

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

    /// <summary>Runs <paramref name="work"/> on the device's thread, in a batch of its own, after the jobs that are already waiting.</summary>
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

    /// <summary>Waits for the running batch, abandons waiting jobs, refuses new ones, and returns when the thread has ended. May be called again.</summary>
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
                _available.Release();
            }
        }

        foreach (var job in abandoned)
        {
            job.Abandon(Stopping());
        }

        _thread.Join();
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

            if (job.Urgency != JobQueue.Idle && _waiting.Count + _running.Count(static running => running.Urgency != JobQueue.Idle) > _capacity)
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

            _predicted += job.Predicted;
            _available.Release();
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
        }

        job.Abandon(null);
    }

    private void Loop()
    {
        while (true)
        {
            _available.Wait();
            lock (_lock)
            {
                if (_stopping)
                {
                    return;
                }

                _running = _waiting.Take(MaxBatch);
                if (_running.Count == 0)
                {
                    continue; // the permit of a job that was or will be withdrawn, or ran in another job's batch
                }
            }

            _running[0].Run(_running);
            List<DeviceJob> abandoned;
            lock (_lock)
            {
                abandoned = PutBack(_running);
                _running = [];
            }

            abandoned.ForEach(static job => job.Abandon(job.CancellationToken.IsCancellationRequested ? null : Stopping()));
        }
    }

    /// <summary>Removes ended jobs and queues the others for their next stage. Called under the lock.</summary>
    /// <returns>Jobs to abandon: cancelled in the meantime, or left without a next stage because the worker stops.</returns>
    private List<DeviceJob> PutBack(List<DeviceJob> batch)
    {
        var abandoned = new List<DeviceJob>();
        foreach (var job in batch)
        {
            if (!job.IsDone && !_stopping && !job.CancellationToken.IsCancellationRequested)
            {
                _waiting.Add(job, job.Place!);
                _available.Release();
                continue;
            }

            _predicted -= job.Predicted;
            if (!job.IsDone)
            {
                abandoned.Add(job);
            }
        }

        return abandoned;
    }
}
