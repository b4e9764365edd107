using System.Numerics.Tensors;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Engine;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Results;
using EcoM2F.Inference.Scheduling;
using EcoM2F.Inference.Verification;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Pipeline;

/// <summary>
/// Runs a model at every exit on one image, with the code that serves: what <c>derive</c> and <c>evaluate</c> measure. Decoding and masks run
/// on the caller's threads, the model on the device's one thread, one image at a time: what an image gives does not depend on its
/// neighbours. Thread-safe. The encoder runs once, the decoder once for each exit.
/// </summary>
public sealed class ExitsEngine : IDisposable
{
    private static readonly ImageLimits Limits = new();

    private readonly LoadedModel _model;
    private readonly DeviceWorker _device = new(int.MaxValue - 1);
    private readonly TimeProvider _time = TimeProvider.System;

    private ExitsEngine(LoadedModel model, string executionProvider) => (_model, ExecutionProvider) = (model, executionProvider);

    public ModelManifest Model => _model.Manifest;

    internal CostTable Costs => _model.Costs;

    /// <summary><c>cpu</c> or <c>cuda</c>.</summary>
    public string ExecutionProvider { get; }

    private ModelSessions Sessions => _model.Sessions;

    /// <summary>Loads a model folder; its hashes and its canary are checked first.</summary>
    /// <exception cref="ModelLoadException">It cannot be loaded, or gives other numbers than it should.</exception>
    public static ExitsEngine Open(string modelFolder, string executionProvider, CancellationToken cancellationToken)
    {
        OrtRuntime.Initialize(0);
        var options = new ModelLoadOptions(new ExecutionTarget(executionProvider), AllExits: true);
        return new ExitsEngine(LoadedModel.Load(modelFolder, options, cancellationToken), executionProvider);
    }

    /// <summary>Decodes an image and makes the model's input of it.</summary>
    /// <param name="mirrored">Exchanges left and right.</param>
    /// <exception cref="SegmentationException">It cannot be decoded, or is over a limit.</exception>
    public PreparedImage Prepare(ReadOnlyMemory<byte> image, bool mirrored, CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        var decoded = ImageDecoder.Decode(image, Limits, cancellationToken);
        var tensor = ImagePreprocessor.ToTensor(decoded, Model.Preprocessing);
        if (mirrored)
        {
            MirrorRows(tensor.Memory.Span, tensor.Size.Width);
        }

        return new PreparedImage(tensor, decoded.Width, decoded.Height, mirrored, _time.GetElapsedTime(start));
    }

    /// <summary>Runs the model on the device; the caller disposes the result, and <paramref name="image"/> afterwards.</summary>
    /// <param name="gates">Whether every gate is asked.</param>
    /// <param name="similarities">Whether the encoder's layers are compared.</param>
    /// <exception cref="SegmentationException">The model failed.</exception>
    public Task<ExitsRun> RunAsync(PreparedImage image, bool gates, bool similarities, CancellationToken cancellationToken) =>
        _device.RunAsync(token => Run(image, gates, similarities, token), TimeSpan.Zero, cancellationToken);

    /// <summary>Makes masks or boxes at the size of the image of what the model gave at one exit, with the model's own defaults.</summary>
    /// <param name="exit">Index of the exit.</param>
    /// <param name="objectScoreThreshold">Of instances and boxes; 0 keeps the 100 best, as average precision wants them.</param>
    public SegmentationResult ToResult(ExitsRun run, int exit, SegmentationTasks tasks, CancellationToken cancellationToken, float objectScoreThreshold = 0)
    {
        var parameters = PostprocessingParameters.For(Model, tasks) with { InstanceScoreThreshold = objectScoreThreshold };
        if (tasks == SegmentationTasks.Detection)
        {
            parameters = parameters with { ScoreThreshold = objectScoreThreshold };
        }

        var found = run[exit].Postprocess(run.Height, run.Width, parameters, cancellationToken);
        return SegmentationResult.Of(Model, run.Width, run.Height, ComputeUsed.Of(run[exit].Decision, Costs, Model.MaxDepth, new StageTimes()), found);
    }

    public void Dispose()
    {
        _device.Dispose();
        _model.Dispose();
    }

    private ExitsRun Run(PreparedImage image, bool gates, bool similarities, CancellationToken cancellationToken)
    {
        using var runOptions = new RunOptions();
        using var registration = cancellationToken.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, runOptions);
        try
        {
            var input = image.Tensor;
            using var pixels = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, input.Memory, input.Shape);
            var (stem, stemTime) = Timed(() => Sessions.RunStem(pixels, runOptions));
            using (stem)
            {
                return Run(image, stem, stemTime, gates, similarities, runOptions);
            }
        }
        catch (OnnxRuntimeException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new SegmentationException(SegmentationError.ModelFailed, $"Model '{Model.Name}' failed: {exception.Message}", innerException: exception);
        }
    }

    private ExitsRun Run(PreparedImage image, StemOutputs stem, TimeSpan stemTime, bool gates, bool similarities, RunOptions runOptions)
    {
        var profiles = gates ? Model.Gates?.Profiles.Keys.ToList() ?? [] : [];
        var (scores, gateTime) = Timed(() => profiles.ToDictionary(static profile => profile, profile => Sessions.RunGate(profile, stem, runOptions)));
        var (layers, encoderTime) = Timed(() => Sessions.RunEncoderExits(stem, runOptions));
        var decoded = new List<(ModelOutput Run, TimeSpan Time)>(layers.Length);
        try
        {
            for (var exit = 0; exit < layers.Length; exit++)
            {
                var (outputs, time) = Timed(() => Sessions.RunDecoder(layers[exit], stem, runOptions));
                decoded.Add((new ModelOutput(outputs, new ComputeDecision(new ComputePoint(image.Tensor.Size, Model.Exits[exit]), ComputeReason.Forced)), time));
                if (image.Mirrored)
                {
                    MirrorBack(outputs);
                }
            }

            return new ExitsRun(image, [.. decoded.Select(static exit => exit.Run)])
            {
                Pooled = GraphOutputs.Copy(stem.Pooled).Values,
                Gates = scores,
                Similarities = similarities ? [.. layers.Select((layer, exit) => Similarity(exit == 0 ? stem[GraphTensors.Tokens] : layers[exit - 1], layer))] : [],
                Stem = stemTime,
                Gate = profiles.Count == 0 ? TimeSpan.Zero : gateTime / profiles.Count,
                Encoder = encoderTime,
                Decoder = [.. decoded.Select(static exit => exit.Time)],
            };
        }
        catch
        {
            decoded.ForEach(static exit => exit.Run.Dispose());
            throw;
        }
        finally
        {
            Array.ForEach(layers, static layer => layer.Dispose());
        }
    }

    private (T Result, TimeSpan Time) Timed<T>(Func<T> work)
    {
        var start = _time.GetTimestamp();
        var result = work();
        return (result, _time.GetElapsedTime(start));
    }

    /// <summary>Mean over tokens.</summary>
    private static double Similarity(OrtValue before, OrtValue after)
    {
        var (old, now) = (GraphOutputs.Copy(before), GraphOutputs.Copy(after));
        var width = (int)now.Shape[^1];
        var (sum, tokens) = (0.0, now.Values.Length / width);
        for (var token = 0; token < tokens; token++)
        {
            sum += TensorPrimitives.CosineSimilarity(old.Values.AsSpan(token * width, width), now.Values.AsSpan(token * width, width));
        }

        return sum / tokens;
    }

    private static void MirrorBack(DecoderOutputs outputs)
    {
        if (!outputs.HasBoxes)
        {
            MirrorRows(outputs.MaskLogits.Span, outputs.MaskWidth);
            return;
        }

        var boxes = outputs.Boxes.Span; // [Q, 4], centre x first
        for (var i = 0; i < boxes.Length; i += 4)
        {
            boxes[i] = 1 - boxes[i];
        }
    }

    private static void MirrorRows(Span<float> planes, int width)
    {
        for (; planes.Length >= width; planes = planes[width..])
        {
            planes[..width].Reverse();
        }
    }
}
