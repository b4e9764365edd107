namespace EcoM2F.Inference.Compute;

/// <summary>Milliseconds that the stages of one image took, or are expected to take. Null: the stage did not run, or is not part of the estimate.</summary>
public sealed record StageTimes
{
    private static readonly Stage[] RunOrder = [Stage.Decode, Stage.Queue, Stage.Stem, Stage.Gate, Stage.Encoder, Stage.Decoder, Stage.Mask];

    public double? Queue { get; init; }

    public double? Decode { get; init; }

    public double? Stem { get; init; }

    public double? Gate { get; init; }

    /// <summary>All encoder layers of the point.</summary>
    public double? Encoder { get; init; }

    public double? Decoder { get; init; }

    public double? Mask { get; init; }

    public double? this[Stage stage] => stage switch
    {
        Stage.Queue => Queue,
        Stage.Decode => Decode,
        Stage.Stem => Stem,
        Stage.Gate => Gate,
        Stage.Encoder => Encoder,
        Stage.Decoder => Decoder,
        _ => Mask,
    };

    /// <summary>Total time on the device.</summary>
    public TimeSpan Device => Sum(Stage.Stem, Stage.Gate, Stage.Encoder, Stage.Decoder);

    /// <summary>Total time of all stages, without waiting.</summary>
    public TimeSpan Total => Device + Sum(Stage.Decode, Stage.Mask);

    /// <summary>Total time of the stages after the gate.</summary>
    public TimeSpan AfterGate => Sum(Stage.Encoder, Stage.Decoder, Stage.Mask);

    /// <summary>The stages that have a time, in the order in which they run.</summary>
    public IEnumerable<(Stage Stage, double Milliseconds)> All
    {
        get
        {
            foreach (var stage in RunOrder)
            {
                if (this[stage] is { } milliseconds)
                {
                    yield return (stage, milliseconds);
                }
            }
        }
    }

    /// <summary>A copy with one stage's time replaced.</summary>
    public StageTimes With(Stage stage, double? milliseconds) => stage switch
    {
        Stage.Queue => this with { Queue = milliseconds },
        Stage.Decode => this with { Decode = milliseconds },
        Stage.Stem => this with { Stem = milliseconds },
        Stage.Gate => this with { Gate = milliseconds },
        Stage.Encoder => this with { Encoder = milliseconds },
        Stage.Decoder => this with { Decoder = milliseconds },
        _ => this with { Mask = milliseconds },
    };

    /// <summary>A copy with a function applied to each stage's time.</summary>
    public StageTimes Map(Func<Stage, double, double> change)
    {
        var changed = this;
        foreach (var (stage, milliseconds) in All)
        {
            changed = changed.With(stage, change(stage, milliseconds));
        }

        return changed;
    }

    private TimeSpan Sum(params ReadOnlySpan<Stage> stages)
    {
        var sum = 0.0;
        foreach (var stage in stages)
        {
            sum += this[stage] ?? 0;
        }

        return TimeSpan.FromMilliseconds(sum);
    }
}
