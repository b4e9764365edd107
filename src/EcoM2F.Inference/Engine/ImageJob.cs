using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Scheduling;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Engine;

/// <summary>
/// One image on the device: (1) stem, (2) gate, (3) choice of the compute point, (4) encoder at that depth, (5) decoder of its depth. Between stages it
/// waits in the queue again, so that it can share a batch. Where the choice is a point of another input, the job ends there: the stem was a
/// probe, and another job runs the rest. Owns each stage's outputs until the next stage has read them.
/// </summary>
internal sealed class ImageJob : DeviceJob
{
    private readonly LoadedModel _model;
    private readonly Func<float[], ComputeDecision> _choose;
    private readonly ImageTensor? _input;
    private readonly string? _gate;
    private readonly StageWatch _watch;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource<ModelOutput?> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _waitingSince;
    private int _together = 1; // images of the largest batch that this one was in

    /// <param name="input">Pinned while the stem runs. Not owned: the caller disposes it after the task has ended.</param>
    /// <param name="gate">Profile whose gate runs; null: none.</param>
    /// <param name="choose">Chooses the point from the gate's scores (empty without a gate). Called once, on a thread of the device.</param>
    public ImageJob(LoadedModel model, ImageTensor input, string? gate, Func<float[], ComputeDecision> choose, StageWatch watch, TimeSpan predicted, CancellationToken cancellationToken)
        : this(model, input.Size, gate, choose, watch, predicted, cancellationToken) => _input = input;

    /// <summary>An image whose stem has run before.</summary>
    /// <param name="stem">A share of it, owned from here on.</param>
    public ImageJob(LoadedModel model, StemOutputs stem, string? gate, Func<float[], ComputeDecision> choose, StageWatch watch, TimeSpan predicted, CancellationToken cancellationToken)
        : this(model, new InputSize(stem.Height, stem.Width), gate, choose, watch, predicted, cancellationToken) => Stem = stem;

    private ImageJob(LoadedModel model, InputSize input, string? gate, Func<float[], ComputeDecision> choose, StageWatch watch, TimeSpan predicted, CancellationToken cancellationToken)
        : base(predicted, cancellationToken)
    {
        (_model, _gate, _choose, _watch, _time) = (model, gate, choose, watch, model.Time);
        Next = new StageKey(model.Sessions, input, Stage.Stem);
        _waitingSince = _time.GetTimestamp();
    }

    /// <summary>Told of the stem's outputs once they are there, on a thread of the device; keeps a share of its own if it needs them. Not called where they were known.</summary>
    public Action<StemOutputs>? StemIsKnown { get; init; }

    /// <summary>Null: the chosen point is of another input.</summary>
    public Task<ModelOutput?> Task => _completion.Task;

    /// <summary>What was chosen; null before that.</summary>
    public ComputeDecision? Decision { get; private set; }

    public override StageKey? Key => HasStemAlready ? null : Next;

    public override int MostTogether => _model.Batches.Most(Next.Stage);

    public override bool IsDone => _completion.Task.IsCompleted;

    /// <summary>[1, 3, H, W]. Only for an image whose stem is to run.</summary>
    public ImageTensor Input => _input!;

    /// <summary>The stage that the image waits for.</summary>
    public StageKey Next { get; private set; }

    /// <summary>Outputs of the stem; null before it has run.</summary>
    public StemOutputs? Stem { get; private set; }

    /// <summary>Output of the encoder, [1, N, d]; null before it has run.</summary>
    public OrtValue? Encoder { get; private set; }

    private bool HasStemAlready => Next.Stage == Stage.Stem && Stem is not null;

    public override void Run(IReadOnlyList<DeviceJob> batch)
    {
        if (HasStemAlready)
        {
            _watch.Add(Stage.Queue, _time.GetElapsedTime(_waitingSince));
            AfterStem(Stem!);
        }
        else
        {
            StageBatch.Run(_model, Next, [.. batch.Cast<ImageJob>()]);
        }
    }

    public override void Abandon(Exception? reason)
    {
        Release();
        if (reason is null)
        {
            _completion.TrySetCanceled(CancellationToken);
        }
        else
        {
            _completion.TrySetException(reason);
        }
    }

    /// <summary>Ends the waiting time and starts the next stage's measurement.</summary>
    /// <param name="together">Images of the batch.</param>
    public StageWatch.Measurement Begin(int together)
    {
        _together = Math.Max(_together, together);
        _watch.Add(Stage.Queue, _time.GetElapsedTime(_waitingSince));
        return _watch.Start(Next.Stage, Clock);
    }

    public void AfterStem(StemOutputs stem)
    {
        if (Stem is null)
        {
            Stem = stem;
            StemIsKnown?.Invoke(stem);
        }

        if (_gate is null)
        {
            Choose([]);
        }
        else
        {
            WaitFor(Next with { Stage = Stage.Gate, Profile = _gate });
        }
    }

    public void AfterGate(float[] scores) => Choose(scores);

    public void AfterEncoder(OrtValue encoder)
    {
        Encoder = encoder;
        WaitFor(Next with { Stage = Stage.Decoder, Depth = Decision!.Point.DecoderDepth ?? 0 });
    }

    /// <param name="decoder">Owned by the task's result from here on.</param>
    public void AfterDecoder(DecoderOutputs decoder)
    {
        Release();
        if (!_completion.TrySetResult(new ModelOutput(decoder, Decision!, _together)))
        {
            decoder.Dispose();
        }
    }

    private void Choose(float[] scores)
    {
        try
        {
            Decision = _choose(scores);
            if (Decision.Point.Input == Next.Input)
            {
                WaitFor(Next with { Stage = Stage.Encoder, Depth = Decision.Point.Depth, Profile = null });
            }
            else
            {
                Release();
                _completion.TrySetResult(null);
            }
        }
        catch (SegmentationException exception)
        {
            Abandon(exception);
        }
    }

    private void WaitFor(StageKey stage) => (Next, _waitingSince) = (stage, _time.GetTimestamp());

    private void Release()
    {
        Stem?.Dispose();
        Encoder?.Dispose();
        (Stem, Encoder) = (null, null);
    }
}
