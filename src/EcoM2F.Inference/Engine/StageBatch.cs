using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Scheduling;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Engine;

/// <summary>
/// Runs one stage for a batch of images. Cancelling one image does not affect the others: it is dropped after the stage. The native run is
/// terminated only once every image of the batch has been cancelled.
/// </summary>
internal sealed class StageBatch : IDisposable
{
    private readonly IReadOnlyList<ImageJob> _images;
    private readonly RunOptions _runOptions = new();
    private readonly List<CancellationTokenRegistration> _registrations = [];
    private int _wanted;

    private StageBatch(IReadOnlyList<ImageJob> images)
    {
        (_images, _wanted) = (images, images.Count);
        foreach (var image in images)
        {
            _registrations.Add(image.CancellationToken.UnsafeRegister(static state => ((StageBatch)state!).Leave(), this));
        }
    }

    /// <summary>Runs the stage and passes its outputs to the images. Never throws: a failure ends the tasks of the images that it concerns.</summary>
    public static void Run(LoadedModel model, StageKey stage, IReadOnlyList<ImageJob> images)
    {
        var measurements = images.Select(image => image.Begin(images.Count)).ToList();
        using var batch = new StageBatch(images);
        try
        {
            batch.RunStage(model.Sessions, stage, () => measurements.ForEach(measurement => measurement.Complete(images.Count)));
        }
        catch (Exception exception)
        {
            batch.Fail(model, exception);
        }
        finally
        {
            measurements.ForEach(static measurement => measurement.Dispose());
        }
    }

    public void Dispose()
    {
        // Waits for a running callback, so that none uses the options after they are disposed.
        _registrations.ForEach(static registration => registration.Dispose());
        _runOptions.Dispose();
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _wanted) == 0)
        {
            _runOptions.Terminate = true;
        }
    }

    private void RunStage(ModelSessions sessions, StageKey stage, Action ran)
    {
        switch (stage.Stage)
        {
            case Stage.Stem:
                RunStem(sessions, ran);
                break;
            case Stage.Gate:
                RunGate(sessions, stage.Profile!, ran);
                break;
            case Stage.Encoder:
                RunEncoder(sessions, stage.Depth, ran);
                break;
            default:
                RunDecoder(sessions, stage.Depth, ran);
                break;
        }
    }

    private void RunStem(ModelSessions sessions, Action ran)
    {
        var inputs = _images.Select(static image => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, image.Input.Memory, image.Input.Shape)).ToList();
        using var released = new Released(inputs);
        using var joined = Joined(inputs);
        var stem = sessions.RunStem(joined ?? inputs[0], _runOptions);
        ran();
        Each(stem, static (stem, count) => stem.Split(count), static (image, own) => image.AfterStem(own));
    }

    private void RunGate(ModelSessions sessions, string profile, Action ran)
    {
        using var joined = JoinedStems();
        var scores = sessions.RunGate(profile, joined ?? _images[0].Stem!, _runOptions);
        ran();
        var count = scores.Length / _images.Count;
        for (var i = 0; i < _images.Count; i++)
        {
            _images[i].AfterGate(scores[(i * count)..((i + 1) * count)]);
        }
    }

    private void RunEncoder(ModelSessions sessions, int depth, Action ran)
    {
        using var joined = JoinedStems();
        var encoder = sessions.RunEncoder(depth, joined ?? _images[0].Stem!, _runOptions);
        ran();
        Each(encoder, TensorBatch.Split, static (image, own) => image.AfterEncoder(own));
    }

    private void RunDecoder(ModelSessions sessions, int depth, Action ran)
    {
        using var stems = JoinedStems();
        using var encoders = Joined([.. _images.Select(static image => image.Encoder!)]);
        var decoder = sessions.RunDecoder(encoders ?? _images[0].Encoder!, stems ?? _images[0].Stem!, depth, _runOptions);
        ran();
        Each(decoder, static (decoder, _) => decoder.Split(), static (image, own) => image.AfterDecoder(own));
    }

    /// <summary>Passes a stage's output on: whole to a single image, split between several.</summary>
    private void Each<T>(T output, Func<T, int, IReadOnlyList<T>> split, Action<ImageJob, T> handOn)
        where T : IDisposable
    {
        if (_images.Count == 1)
        {
            handOn(_images[0], output);
            return;
        }

        using (output)
        {
            var parts = split(output, _images.Count);
            for (var i = 0; i < _images.Count; i++)
            {
                handOn(_images[i], parts[i]);
            }
        }
    }

    /// <returns>Null for a single image, whose own value is used unchanged.</returns>
    private StemOutputs? JoinedStems() => _images.Count == 1 ? null : StemOutputs.Join([.. _images.Select(static image => image.Stem!)]);

    /// <inheritdoc cref="JoinedStems"/>
    private static OrtValue? Joined(IReadOnlyList<OrtValue> values) => values.Count == 1 ? null : TensorBatch.Join(values);

    private void Fail(LoadedModel model, Exception exception)
    {
        foreach (var image in _images.Where(static image => !image.IsDone))
        {
            image.Abandon(image.CancellationToken.IsCancellationRequested ? null : exception is OnnxRuntimeException or ObjectDisposedException
                ? new SegmentationException(SegmentationError.ModelFailed, $"Model '{model.Manifest.Name}' failed.", innerException: exception)
                : exception);
        }
    }

    /// <summary>Disposes values at the end of a scope.</summary>
    private sealed class Released(List<OrtValue> values) : IDisposable
    {
        public void Dispose() => values.ForEach(static value => value.Dispose());
    }
}
