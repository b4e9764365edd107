using System.Numerics.Tensors;
using EcoM2F.Inference.Depth;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Imaging;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Postprocessing;
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

    private readonly ModelSessions _sessions;
    private readonly DeviceWorker _device = new(int.MaxValue - 1);
    private readonly TimeProvider _time = TimeProvider.System;

    private ExitsEngine(ModelFolder folder, string executionProvider, ModelSessions sessions)
    {
        ExecutionProvider = executionProvider;
        Model = folder.Manifest;
        Costs = new CostTable(folder.Manifest.Costs);
        _sessions = sessions;
    }

    public ModelManifest Model { get; }

    public CostTable Costs { get; }

    /// <summary><c>cpu</c> or <c>cuda</c>.</summary>
    public string ExecutionProvider { get; }

    /// <summary>Loads a model folder; its hashes and its canary are checked first.</summary>
    /// <exception cref="ModelLoadException">It cannot be loaded, or gives other numbers than it should.</exception>
    public static ExitsEngine Open(string modelFolder, string executionProvider, CancellationToken cancellationToken)
    {
        OrtRuntime.Initialize(0);
        var folder = ModelFolder.Open(modelFolder);
        folder.VerifyHashes(cancellationToken);
        var sessions = ModelSessions.Open(folder, new ExecutionTarget(executionProvider), allExitsGraph: true);
        try
        {
            var report = ModelVerifier.VerifyCanary(sessions, folder, ModelVerifier.DefaultTolerance, cancellationToken);
            return report.Passed
                ? new ExitsEngine(folder, executionProvider, sessions)
                : throw new ModelLoadException($"{folder.Path}: the canary failed on this machine: {string.Join(" ", report.Failures.Take(3))}");
        }
        catch
        {
            sessions.Dispose();
            throw;
        }
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
        var defaults = Model.Postprocessing;
        var parameters = new PostprocessingParameters
        {
            Procedure = defaults.Procedure,
            ScoreThreshold = tasks == SegmentationTasks.Detection ? objectScoreThreshold : defaults.ScoreThreshold,
            MaskThreshold = defaults.MaskThreshold.GetValueOrDefault(), // none where boxes are made
            OverlapThreshold = defaults.OverlapThreshold.GetValueOrDefault(),
            InstanceScoreThreshold = objectScoreThreshold,
            Tasks = tasks,
            Classes = Model.Classes,
        };
        var geometry = ImageGeometry.Unpadded(run.Input.Height, run.Input.Width, run.Height, run.Width);
        var regions = run[exit].Postprocess(geometry, parameters, cancellationToken);
        var cost = Costs.At(run.Input.Height, run.Input.Width);
        var (gmacs, full) = (cost.At(Model.Exits[exit]), cost.At(Model.MaxDepth));
        return new SegmentationResult
        {
            Model = Model,
            Width = run.Width,
            Height = run.Height,
            Compute = new ComputeUsed(run[exit].Decision, Model.MaxDepth, gmacs, 1 - (gmacs / full), []),
            Panoptic = regions.Panoptic,
            Instances = regions.Instances,
            Semantic = regions.Semantic,
            Detections = regions.Detections,
        };
    }

    public void Dispose()
    {
        _device.Dispose();
        _sessions.Dispose();
    }

    private ExitsRun Run(PreparedImage image, bool gates, bool similarities, CancellationToken cancellationToken)
    {
        using var runOptions = new RunOptions();
        using var registration = cancellationToken.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, runOptions);
        try
        {
            var input = image.Tensor;
            using var pixels = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, input.Memory, input.Shape);
            var (stem, stemTime) = Timed(() => _sessions.RunStem(pixels, runOptions));
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
        var (scores, gateTime) = Timed(() => profiles.ToDictionary(static profile => profile, profile => _sessions.RunGate(profile, stem, runOptions)));
        var (layers, encoderTime) = Timed(() => _sessions.RunEncoderExits(stem, runOptions));
        var decoded = new List<(DeviceRun Run, TimeSpan Time)>(layers.Length);
        try
        {
            for (var exit = 0; exit < layers.Length; exit++)
            {
                var (outputs, time) = Timed(() => _sessions.RunDecoder(layers[exit], stem, runOptions));
                decoded.Add((new DeviceRun(outputs, new DepthDecision(Model.Exits[exit], DepthReason.Forced)), time));
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
