using System.Diagnostics;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Observability;
using EcoM2F.Inference.Scheduling;

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
    /// <param name="device">Of a stage on a device, whose time it may share. Null: all of the time that passes is the stage's.</param>
    public Measurement Start(Stage stage, DeviceClock? device = null) => new(this, stage, device);

    public void Add(Stage stage, TimeSpan duration) => Times = Times.With(stage, (Times[stage] ?? 0) + duration.TotalMilliseconds);

    /// <summary>A running stage.</summary>
    public sealed class Measurement(StageWatch watch, Stage stage, DeviceClock? device) : IDisposable
    {
        private readonly Activity? _span = InferenceActivity.Start(stage.ToName(), watch._parent);
        private readonly (long Time, TimeSpan? Device) _start = Now(watch, device);

        /// <param name="images">How many ran together: the image's part of the time is the stage's, the rest was waiting for the others, as it was for those that ran beside.</param>
        public void Complete(int images = 1)
        {
            var now = Now(watch, device);
            var elapsed = watch._clock.GetElapsedTime(_start.Time, now.Time);
            var own = (now.Device - _start.Device ?? elapsed) / images;
            watch.Add(stage, own);
            if (own < elapsed)
            {
                watch.Add(Stage.Queue, elapsed - own);
            }
        }

        public void Dispose() => _span?.Dispose();

        private static (long Time, TimeSpan? Device) Now(StageWatch watch, DeviceClock? device)
        {
            var timestamp = watch._clock.GetTimestamp();
            return (timestamp, device?.At(timestamp));
        }
    }
}
