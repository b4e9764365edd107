using EcoM2F.Inference.Errors;

namespace EcoM2F.Inference.Scheduling;

/// <summary>
/// The one thread that runs models on a device, and the bounded queue before it. A full queue refuses at once; a job whose
/// caller left is dequeued at once. Thread-safe. Disposing lets the running job end and abandons those that wait.
/// </summary>
public sealed class DeviceWorker : IDisposable
{
    private readonly Lock _lock = new();
    private readonly LinkedList<DeviceJob> _waiting = new();
    private readonly SemaphoreSlim _available = new(0);
    private readonly Thread _thread;
    private readonly int _capacity;
    private TimeSpan _predicted;
    private DeviceJob? _running;
    private int _reserved;
    private bool _stopping;

    /// <param name="capacity">Jobs that may wait, beside the one that runs.</param>
    public DeviceWorker(int capacity)
    {
        _capacity = capacity;
        _thread = new Thread(Loop) { IsBackground = true, Name = "ecom2f-device" };
        _thread.Start();
    }

    /// <summary>Jobs that wait.</summary>
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

    /// <summary>Device time that the jobs that wait and the one that runs are expected to take.</summary>
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

    /// <summary>Runs <paramref name="work"/> on the device's thread, after all that waits.</summary>
    /// <param name="work">Gets the same token; checked before it starts.</param>
    /// <param name="predicted">Device time it is expected to take.</param>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.Overloaded"/>, with a time to come back, when the queue is full; <see cref="SegmentationError.NotReady"/> after disposal.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, T> work, TimeSpan predicted, CancellationToken cancellationToken)
    {
        var job = new DeviceJob<T>(work, predicted, cancellationToken);
        Enqueue(job);
        using var registration = cancellationToken.UnsafeRegister(static (state, _) => ((Action)state!)(), () => Withdraw(job));
        return await job.Task.ConfigureAwait(false);
    }

    /// <summary>Refuses before an upload is read; keeps no place, which a slow upload would hold.</summary>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.Overloaded"/>, as <see cref="Reserve"/> would.</exception>
    public void ThrowIfFull()
    {
        lock (_lock)
        {
            RequirePlace();
        }
    }

    /// <summary>
    /// Keeps a place for one image until the returned object is disposed, so that none is decoded only to be refused. There is one
    /// place for the image that runs and as many as may be under way beside it: decoding, waiting, or being made into masks.
    /// </summary>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.Overloaded"/>, with a time to come back, when all are taken.</exception>
    public IDisposable Reserve()
    {
        lock (_lock)
        {
            RequirePlace();
            _reserved++;
        }

        return new Place(this);
    }

    public void Dispose()
    {
        List<DeviceJob> abandoned;
        lock (_lock)
        {
            if (_stopping)
            {
                return;
            }

            _stopping = true;
            abandoned = [.. _waiting];
            abandoned.ForEach(job => _predicted -= job.Predicted);
            _waiting.Clear();
        }

        foreach (var job in abandoned)
        {
            job.Abandon(new SegmentationException(SegmentationError.NotReady, "The service is stopping."));
        }

        _available.Release();
        _thread.Join();
        _available.Dispose();
    }

    private void Enqueue(DeviceJob job)
    {
        lock (_lock)
        {
            if (_stopping)
            {
                throw new SegmentationException(SegmentationError.NotReady, "The service is stopping.");
            }

            if (_waiting.Count + (_running is null ? 0 : 1) > _capacity)
            {
                throw Overloaded(_waiting.Count);
            }

            job.Node = _waiting.AddLast(job);
            _predicted += job.Predicted;
            _available.Release();
        }
    }

    private void RequirePlace()
    {
        if (_reserved > _capacity)
        {
            throw Overloaded(_reserved);
        }
    }

    private SegmentationException Overloaded(int images) =>
        new(SegmentationError.Overloaded, $"{images} images are under way already, as many as may be.")
        {
            RetryAfter = _predicted > TimeSpan.FromSeconds(1) ? _predicted : TimeSpan.FromSeconds(1),
        };

    private void Withdraw(DeviceJob job)
    {
        lock (_lock)
        {
            if (job.Node?.List is null)
            {
                return; // it runs already, or has ended: its own token stops it
            }

            _waiting.Remove(job.Node);
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

                _running = _waiting.First?.Value;
                if (_running is null)
                {
                    continue; // withdrawn: its permit is left over
                }

                _waiting.RemoveFirst();
            }

            _running.Run();
            lock (_lock)
            {
                _predicted -= _running.Predicted;
                _running = null;
            }
        }
    }

    private sealed class Place(DeviceWorker worker) : IDisposable
    {
        private int _given = 1;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _given, 0) == 1)
            {
                lock (worker._lock)
                {
                    worker._reserved--;
                }
            }
        }
    }
}
