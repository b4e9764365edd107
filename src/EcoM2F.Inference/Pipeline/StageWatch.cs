using System.Diagnostics;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Observability;

namespace EcoM2F.Inference.Pipeline;

/// <summary>Times the stages of one image and opens a span for each, below the span that is current where this is made. Not thread-safe: an image is in one stage at a time.</summary>
internal sealed class StageWatch(TimeProvider time)
{
    private readonly List<StageTime> _stages = [];
    private readonly ActivityContext? _parent = Activity.Current?.Context;

    /// <summary>In the order they ended.</summary>
    public IReadOnlyList<StageTime> Times => _stages;

    public T Measure<T>(string stage, Func<T> work)
    {
        using var span = InferenceActivity.Start(stage, _parent);
        var start = time.GetTimestamp();
        var result = work();
        Add(stage, time.GetElapsedTime(start));
        return result;
    }

    public void Add(string stage, TimeSpan duration) => _stages.Add(new StageTime(stage, duration));

    /// <summary>The stages as costs: per layer for the encoder.</summary>
    /// <param name="depth">Layers that the encoder ran.</param>
    public StageLatency ToLatency(int depth)
    {
        return new StageLatency(Sum(Stages.Stem) + Sum(Stages.Gate), Sum(Stages.Encoder) / depth, Sum(Stages.Decoder), Sum(Stages.Decode), Sum(Stages.Mask));
    }

    /// <summary>
    /// What a whole run would have taken, of one that a deadline ended: a machine that is slow at what it finished of decoding and stem is
    /// slow at the rest. Null where it finished neither.
    /// </summary>
    /// <param name="expected">Of this image.</param>
    public StageLatency? ToLatencyOfCut(StageLatency expected)
    {
        var (decode, stem) = (Sum(Stages.Decode), Sum(Stages.Stem) + Sum(Stages.Gate));
        var known = (decode > 0 ? expected.Decode : 0) + (stem > 0 ? expected.Stem : 0);
        return known > 0 ? expected.ScaledBy((decode + stem) / known) : null;
    }

    private double Sum(string stage) => _stages.Where(time => time.Stage == stage).Sum(static time => time.Duration.TotalMilliseconds);
}
