using EcoM2F.Inference.Models;

namespace EcoM2F.Inference.Compute;

/// <summary>The expected stage times of one image at every point, as they were known when it arrived; and what its run tells the table afterwards.</summary>
internal sealed class ImageLatency
{
    private readonly LatencyTable _table;
    private readonly LatencyKey _own;
    private readonly Dictionary<InputSize, LatencyEstimate?> _byInput;

    /// <param name="own">The image at the model's own size.</param>
    public ImageLatency(LatencyTable table, ImageInputs inputs, LatencyKey own)
    {
        (_table, _own) = (table, own);
        _byInput = inputs.Sizes.Select(size => inputs[size]).Distinct().ToDictionary(static input => input, input => table.Estimate(_own with { Input = input }));
    }

    /// <summary>Total time of a point without a probe; null if nothing has been measured.</summary>
    /// <param name="stretch">How many times longer than its part of the device a stage there lasts.</param>
    public TimeSpan? Total(ComputePoint point, int stretch) => Stretched(point, stretch)?.Total;

    /// <summary>Time of an input's stem, the gate's included; zero if nothing has been measured.</summary>
    public TimeSpan Stem(InputSize input) => TimeSpan.FromMilliseconds(At(input)?.Stem ?? 0);

    /// <summary>Time on the device, a probe included; null if nothing has been measured.</summary>
    public TimeSpan? Device(ComputePoint point, InputSize? probe) =>
        At(point)?.Device + (probe is { } input && input != point.Input ? Stem(input) : TimeSpan.Zero);

    /// <summary>What the image takes of the device: its time there, a probe included, and its work on the host as far as that shares the device; null if nothing has been measured.</summary>
    /// <param name="hostShare">Share of the device that a piece of work on the host has while it runs, 0 to 1.</param>
    public TimeSpan? Takes(ComputePoint point, InputSize? probe, double hostShare) =>
        At(point) is { } times ? Device(point, probe) + ((times.Total - times.Device) * hostShare) : null;

    /// <summary>Time that is left once a stem and the gate have run; null if nothing has been measured.</summary>
    /// <param name="ran">Input of that stem. A point of another one needs everything again but decoding, whose part of the time of the tensor is not known.</param>
    /// <param name="stretch">As <see cref="Total"/> has it.</param>
    public TimeSpan? AfterGate(ComputePoint point, InputSize ran, int stretch) =>
        point.Input == ran ? Stretched(point, stretch)?.AfterGate : Total(point, stretch);

    /// <summary>Whether the image, which would be refused, may run as a trial.</summary>
    public bool TryAdmitTrial() => _table.TryAdmitTrial(_own);

    /// <summary>Adds the times of the image's whole run.</summary>
    /// <param name="probed">Times until the gate had run; read only where another input was chosen then.</param>
    public void Learn(ComputeDecision decision, StageTimes measured, StageTimes? probed)
    {
        if (decision.Probe is { } probe && probed is not null)
        {
            _table.LearnStem(probe, (probed.Stem ?? 0) + (probed.Gate ?? 0));
        }

        _table.Learn(_own with { Input = decision.Point.Input }, (decision.Point.Depth, decision.Point.DecoderDepth), WithoutProbe(decision, measured, probed));
        _table.MarkSeen(_own);
    }

    /// <summary>Adds what a run that its deadline cancelled tells.</summary>
    /// <param name="first">Input whose stem ran first.</param>
    /// <param name="decision">Null: nothing had been chosen yet.</param>
    /// <param name="finished">Stages that ran to their end.</param>
    /// <param name="probed">As <see cref="Learn"/> has it.</param>
    public void LearnFromTimeout(InputSize first, ComputeDecision? decision, StageTimes finished, StageTimes? probed) =>
        _table.LearnFromTimeout(_own with { Input = decision?.Point.Input ?? first }, decision?.Point.DecoderDepth, decision is null ? finished : WithoutProbe(decision, finished, probed));

    private static StageTimes WithoutProbe(ComputeDecision decision, StageTimes times, StageTimes? probed) => decision.Probe is null || probed is null
        ? times
        : times with { Stem = times.Stem > probed.Stem ? times.Stem - probed.Stem : null, Gate = null };

    private StageTimes? Stretched(ComputePoint point, int stretch) =>
        At(point)?.Map((stage, milliseconds) => stage is Stage.Decode or Stage.Mask ? milliseconds : milliseconds * stretch);

    private StageTimes? At(ComputePoint point) => _byInput[point.Input]?.At(point);

    private StageTimes? At(InputSize input) => _byInput[input]?.At(new ComputePoint(0, input, 1));
}
