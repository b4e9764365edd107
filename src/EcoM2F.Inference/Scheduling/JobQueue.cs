namespace EcoM2F.Inference.Scheduling;

/// <summary>
/// The jobs that wait for a device. The most urgent comes first, among equally urgent ones that of the oldest image, which so keeps its place
/// from stage to stage; but an image that <see cref="MostOvertaken"/> later ones have overtaken comes before all others, so that none waits for
/// ever. Not thread-safe.
/// </summary>
internal sealed class JobQueue
{
    /// <summary>The last of RFC 9218's urgencies, of which 0 is the first.</summary>
    public const int LeastUrgent = 7;

    /// <summary>RFC 9218's default.</summary>
    public const int UsualUrgency = 3;

    /// <summary>Of work that no caller waits for, such as warming up a model: it runs where nothing else waits, and does not count.</summary>
    public const int Idle = LeastUrgent + 1;

    /// <summary>Images. With a tenth of a second for each, an image that nobody hurries waits three seconds longer for urgent ones, not more.</summary>
    public const int MostOvertaken = 32;

    /// <summary>By urgency; each oldest first.</summary>
    private readonly LinkedList<DeviceJob>[] _jobs = [.. Enumerable.Range(0, Idle + 1).Select(static _ => new LinkedList<DeviceJob>())];

    private long _arrivals;

    /// <summary>Jobs that somebody waits for.</summary>
    public int Count { get; private set; }

    /// <summary>Adds the job of an image that comes now.</summary>
    public void Add(DeviceJob job) => Add(job, new QueuePlace(job.Urgency, _arrivals++));

    /// <summary>Adds the next job, or the next stage, of an image that was here before.</summary>
    public void Add(DeviceJob job, QueuePlace place)
    {
        job.Place = place;
        var jobs = _jobs[place.Urgency];
        var next = jobs.First;
        while (next is not null && next.Value.Place!.Arrival <= place.Arrival)
        {
            next = next.Next;
        }

        job.Node = next is null ? jobs.AddLast(job) : jobs.AddBefore(next, job);
        Count += Counted(job);
    }

    /// <returns>Whether the job waited here.</returns>
    public bool Remove(DeviceJob job)
    {
        if (job.Node?.List is not { } jobs)
        {
            return false;
        }

        jobs.Remove(job.Node);
        job.Node = null;
        Count -= Counted(job);
        return true;
    }

    /// <summary>Takes the next job, and those behind it that wait for the same stage. Jobs that are cancelled already are left where they are.</summary>
    /// <param name="most">Most jobs to take, whatever the first would have.</param>
    /// <param name="isFree">Whether nothing runs: the next job may want that, and is waited for then, so that it gets its turn.</param>
    /// <returns>Empty where nothing waits, or the next job may not run yet.</returns>
    public List<DeviceJob> Take(int most, bool isFree = true)
    {
        var batch = new List<DeviceJob>(most);
        if (Next() is { } first && (isFree || !first.RunsAlone))
        {
            batch.Add(first);
            most = Math.Min(most, first.MostTogether);
            if (most > 1 && first.Key is { } key)
            {
                batch.AddRange(_jobs.SelectMany(static jobs => jobs).Where(job => job != first && IsWanted(job) && job.Key == key && Counted(job) == Counted(first)).Take(most - 1));
            }
        }

        batch.ForEach(job => Remove(job));
        batch.ForEach(Begin);
        return batch;
    }

    /// <summary>Takes everything.</summary>
    public List<DeviceJob> TakeAll()
    {
        List<DeviceJob> all = [.. _jobs.SelectMany(static jobs => jobs)];
        all.ForEach(job => Remove(job));
        return all;
    }

    private static int Counted(DeviceJob job) => job.Urgency == Idle ? 0 : 1;

    private static bool IsWanted(DeviceJob job) => !job.CancellationToken.IsCancellationRequested;

    private DeviceJob? Next()
    {
        // In each list the oldest has been overtaken most often.
        var heads = _jobs.Select(static jobs => jobs.FirstOrDefault(IsWanted)).OfType<DeviceJob>().ToList();
        return heads.Where(static job => job.Urgency != Idle && job.Place!.Overtaken >= MostOvertaken).MinBy(static job => job.Place!.Arrival) ?? heads.FirstOrDefault();
    }

    /// <summary>Counts an image that begins for those that came before it and still wait.</summary>
    private void Begin(DeviceJob job)
    {
        var place = job.Place!;
        if (place.HasBegun)
        {
            return;
        }

        place.HasBegun = true;
        foreach (var jobs in _jobs)
        {
            for (var node = jobs.First; node is not null && node.Value.Place!.Arrival < place.Arrival; node = node.Next)
            {
                node.Value.Place!.Overtaken++;
            }
        }
    }
}
