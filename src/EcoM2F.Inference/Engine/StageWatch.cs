using System.Diagnostics;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Observability;

namespace EcoM2F.Inference.Engine;

/// <summary>Measures the stages of one image and opens a tracing span for each, as children of the span that is current at construction. Not thread-safe: an image is in one stage at a time.</summary>
internal sealed class StageWatch(TimeProvider time)
{
    private readonly TimeProvider _clock = time;
    private readonly ActivityContext? _parent = Activity.Current?.Context;

    /// <summary>Times of the stages that have completed.</summary>
    public StageTimes Times { get; private set; } = new();

    public T Measure<T>(Stage stage, Func<T> work)
    {
        using var measurement = Start(stage);
        var result = work();
        measurement.Complete();
        return result;
    }

    /// <summary>Begins a stage. Disposing ends its span; only <see cref="Measurement.Complete"/> keeps its time.</summary>
    public Measurement Start(Stage stage) => new(this, stage);

    public void Add(Stage stage, TimeSpan duration) => Times = Times.With(stage, (Times[stage] ?? 0) + duration.TotalMilliseconds);

    /// <summary>A running stage.</summary>
    public sealed class Measurement(StageWatch watch, Stage stage) : IDisposable
    {
        private readonly Activity? _span = InferenceActivity.Start(stage.ToName(), watch._parent);
        private readonly long _start = watch._clock.GetTimestamp();

        /// <param name="images">How many ran together: the image's part of the time is the stage's, the rest was waiting for the others.</param>
        public void Complete(int images = 1)
        {
            var elapsed = watch._clock.GetElapsedTime(_start);
            watch.Add(stage, elapsed / images);
            if (images > 1)
            {
                watch.Add(Stage.Queue, elapsed - (elapsed / images));
            }
        }

        public void Dispose() => _span?.Dispose();
    }
}
