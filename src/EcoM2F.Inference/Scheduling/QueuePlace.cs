namespace EcoM2F.Inference.Scheduling;

/// <summary>An image's place in a device's queue; the jobs that it consists of share it, one after the other. Guarded by the worker's lock.</summary>
/// <param name="urgency">0, which is served first, to <see cref="JobQueue.LeastUrgent"/>.</param>
/// <param name="arrival">Counts up: later images have higher ones.</param>
internal sealed class QueuePlace(int urgency, long arrival)
{
    public int Urgency => urgency;

    public long Arrival => arrival;

    /// <summary>Later images that began before this one was done.</summary>
    public int Overtaken { get; set; }

    /// <summary>Whether a stage of it has been taken to run.</summary>
    public bool HasBegun { get; set; }
}
