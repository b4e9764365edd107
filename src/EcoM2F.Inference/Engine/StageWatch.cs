using System.Diagnostics;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Observability;
using EcoM2F.Inference.Results;

namespace EcoM2F.Inference.Engine;

/// <summary>Times the stages of one image and opens a span for each, below the span that is current where this is made. Not thread-safe: an image is in one stage at a time.</summary>
internal sealed class StageWatch(TimeProvider time)
{
    /// <summary>One stage that a pause of the machine fell on says little about the others.</summary>
    private const double MostSlowdown = 4;

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
    /// What a whole run would have taken, of one that a deadline ended: stages that it finished as they were measured, the device's others
    /// as much slower than expected as its stem and decoder were. Null where it finished none.
    /// </summary>
    /// <param name="expected">Of this image.</param>
    public StageLatency? ToLatencyOfCut(StageLatency expected)
    {
        var (decode, stem, decoder, mask) = (Sum(Stages.Decode), Sum(Stages.Stem) + Sum(Stages.Gate), Sum(Stages.Decoder), Sum(Stages.Mask));
        if (decode + stem == 0)
        {
            return null;
        }

        var known = (stem > 0 ? expected.Stem : 0) + (decoder > 0 ? expected.Decoder : 0);
        var factor = known > 0 ? Math.Clamp((stem + decoder) / known, 1 / MostSlowdown, MostSlowdown) : 1;
        return new StageLatency(
            stem > 0 ? stem : expected.Stem,
            expected.Layer * factor,
            decoder > 0 ? decoder : expected.Decoder * factor,
            decode > 0 ? decode : expected.Decode,
            mask > 0 ? mask : expected.Mask);
    }

    private double Sum(string stage) => _stages.Where(time => time.Stage == stage).Sum(static time => time.Duration.TotalMilliseconds);
}
