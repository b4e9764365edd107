using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Requests;
using EcoM2F.Inference.Results;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Engine;

/// <summary>The part of an image's way that runs on the device's thread: stem, gate, choice of depth, encoder, decoder. Owns the logits.</summary>
internal sealed class DeviceRun(DecoderOutputs decoder, DepthDecision decision) : IDisposable
{
    public DepthDecision Decision => decision;

    /// <summary>Masks or boxes of the one image, as the model gives them.</summary>
    /// <exception cref="OperationCanceledException">Cancelled on the way.</exception>
    public PostprocessingResult Postprocess(ImageGeometry geometry, PostprocessingParameters parameters, CancellationToken cancellationToken)
    {
        if (decoder.HasBoxes)
        {
            var boxes = new BoxPredictions(decoder.ClassLogits, decoder.Boxes, decoder.Queries, decoder.Classes);
            return new PostprocessingResult(null, null, null, BoxPostprocessor.Run(boxes, geometry, parameters));
        }

        var masks = new QueryPredictions(decoder.ClassLogits, decoder.MaskLogits, decoder.Queries, decoder.Classes - 1, decoder.MaskHeight, decoder.MaskWidth);
        return MaskPostprocessor.Run(masks, geometry, parameters, cancellationToken);
    }

    /// <param name="input">[1, 3, H, W]; pinned for the run, not owned.</param>
    /// <param name="fitsDeadline">Whether a depth can still be finished in time; null without a deadline.</param>
    /// <exception cref="OperationCanceledException">The token ended the run; the native run has stopped before this is thrown.</exception>
    public static DeviceRun Execute(
        LoadedModel model, ImageTensor input, SegmentationPlan plan, Func<int, bool>? fitsDeadline, StageWatch watch, CancellationToken cancellationToken)
    {
        var sessions = model.Sessions;
        using var runOptions = new RunOptions();
        using var registration = cancellationToken.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, runOptions);
        try
        {
            using var pixels = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, input.Memory, input.Shape);
            using var stem = watch.Measure(Stages.Stem, () => sessions.RunStem(pixels, runOptions));
            var scores = plan.Gate is { } gate ? watch.Measure(Stages.Gate, () => sessions.RunGate(gate, stem, runOptions)) : [];
            var decision = model.Depths.Decide(plan.Budget, plan.Gate, scores, stem.Height, stem.Width, fitsDeadline);
            using var encoder = watch.Measure(Stages.Encoder, () => sessions.RunEncoder(decision.Depth, stem, runOptions));
            var decoder = watch.Measure(Stages.Decoder, () => sessions.RunDecoder(encoder, stem, runOptions));
            return new DeviceRun(decoder, decision);
        }
        catch (OnnxRuntimeException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new SegmentationException(SegmentationError.ModelFailed, $"Model '{model.Manifest.Name}' failed.", innerException: exception);
        }
    }

    public void Dispose() => decoder.Dispose();
}
