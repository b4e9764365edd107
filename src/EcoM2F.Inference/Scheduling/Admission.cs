using EcoM2F.Inference.Errors;

namespace EcoM2F.Inference.Scheduling;

/// <summary>
/// The images that are in progress on a device: admitted, and neither answered nor failed. Says how much of it each may take (the law of load,
/// docs/reliability.md), and refuses those that could not be answered in time. Thread-safe.
/// </summary>
public sealed class Admission
{
    private readonly Lock _lock = new();

    /// <summary>Oldest first.</summary>
    private readonly LinkedList<AdmittedImage> _images = new();

    private readonly int _capacity;
    private readonly TimeSpan _target;
    private readonly TimeSpan _maxQueue;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private TimeSpan _least;

    /// <param name="capacity">One less than the images that may be in progress.</param>
    /// <param name="random">Spreads the moments at which refused clients come back. Used under a lock.</param>
    internal Admission(int capacity, SchedulingOptions options, TimeProvider time, Random random)
    {
        (_capacity, _time, _random) = (capacity, time, random);
        _target = TimeSpan.FromMilliseconds(options.TargetMilliseconds);
        _maxQueue = TimeSpan.FromMilliseconds(options.MaxQueueMilliseconds);
    }

    /// <summary>Refuses a request before its upload is read. Admits nothing, because a slow upload would hold a place.</summary>
    /// <exception cref="SegmentationException"><see cref="SegmentationError.Overloaded"/>, as <see cref="Admit"/> would.</exception>
    public void ThrowIfFull()
    {
        lock (_lock)
        {
            RequireRoom(TimeSpan.Zero);
        }
    }

    /// <summary>
    /// Admits one image until the returned ticket is disposed, so that no image is decoded only to be refused. There are capacity + 1 places:
    /// of images that run, are being decoded, wait, or are being made into masks.
    /// </summary>
    /// <param name="least">What the image takes of the device at its cheapest allowed point.</param>
    /// <exception cref="SegmentationException">
    /// <see cref="SegmentationError.Overloaded"/>, with a Retry-After: all places are taken, or all images together, this one included, take
    /// longer than allowed even at their cheapest points. An image alone is always admitted.
    /// </exception>
    internal AdmittedImage Admit(TimeSpan least)
    {
        lock (_lock)
        {
            RequireRoom(least);
            var image = new AdmittedImage(this, least, _time.GetTimestamp());
            image.Node = _images.AddLast(image);
            _least += least;
            return image;
        }
    }

    /// <summary>The most that an image may take of the device which is not admitted yet, but would be now.</summary>
    /// <returns>Null: as much as it wants, because nothing else is in progress, or because compute does not depend on load. Negative where others wait too long already.</returns>
    internal TimeSpan? CapOfNext() => Cap(joining: 1);

    /// <summary>(Target - time since the oldest image's admission) / images. One image alone is no load, however long it takes.</summary>
    private TimeSpan? Cap(int joining)
    {
        lock (_lock)
        {
            var images = _images.Count + joining;
            return images < 2 || _target == TimeSpan.Zero
                ? null
                : (_target - _time.GetElapsedTime(_images.First!.Value.Admitted)) / images;
        }
    }

    private void RequireRoom(TimeSpan least)
    {
        if (_images.Count > _capacity)
        {
            throw Overloaded($"{_images.Count} images are in progress already, as many as are allowed.", _least);
        }

        var queue = _least + least;
        if (_images.Count > 0 && _maxQueue > TimeSpan.Zero && queue > _maxQueue)
        {
            throw Overloaded(
                FormattableString.Invariant($"{_images.Count} images are in progress; with this one they take about {queue.TotalMilliseconds:0} ms even at the least compute that each allows, and {_maxQueue.TotalMilliseconds:0} ms are allowed."),
                queue - _maxQueue);
        }
    }

    /// <param name="wait">Until there is room.</param>
    private SegmentationException Overloaded(string detail, TimeSpan wait)
    {
        // Clients that were refused together must not come back together: one to three times the wait, in whole seconds as Retry-After has them.
        var seconds = (int)Math.Ceiling(Math.Max(1, wait.TotalSeconds));
        return new SegmentationException(SegmentationError.Overloaded, detail) { RetryAfter = TimeSpan.FromSeconds(seconds + _random.Next((2 * seconds) + 1)) };
    }

    private void Leave(AdmittedImage image)
    {
        lock (_lock)
        {
            if (image.Node is { } node)
            {
                _images.Remove(node);
                image.Node = null;
                _least -= image.Least;
            }
        }
    }

    /// <summary>The place of an admitted image; disposing it gives it back. Thread-safe.</summary>
    internal sealed class AdmittedImage(Admission admission, TimeSpan least, long admitted) : IDisposable
    {
        public TimeSpan Least => least;

        /// <summary><see cref="TimeProvider.GetTimestamp"/>.</summary>
        public long Admitted => admitted;

        /// <summary>Guarded by the lock; null once it is given back.</summary>
        public LinkedListNode<AdmittedImage>? Node { get; set; }

        /// <summary>The most that this image may take of the device, from now on reckoned with the others that are in progress.</summary>
        /// <returns>As <see cref="CapOfNext"/>.</returns>
        public TimeSpan? Cap() => admission.Cap(joining: 0);

        public void Dispose() => admission.Leave(this);
    }
}
