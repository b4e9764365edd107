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
/// Runs a model at every size and exit on one image, with the same code as the service; <c>derive</c> and <c>evaluate</c> measure with it.
/// Decoding and masks run on the caller's threads, the model on one device thread, one image at a time, so that an image's result does not
/// depend on others. The encoder runs once for each size, the decoder once for each point, of every decoder exit. Thread-safe. Owns the model.
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

    /// <summary>Of the graphs that run: one of <see cref="GraphPrecisions"/>.</summary>
    public string Precision => Sessions.Precision;

    private ModelSessions Sessions => _model.Sessions;

    /// <summary>Loads a model folder after checking its hashes and its canary.</summary>
    /// <exception cref="ModelLoadException">The model cannot be loaded, or its canary fails on this machine.</exception>
    /// <param name="precision">One of <see cref="GraphPrecisions"/>: not chosen by speed, so that what is measured does not depend on the machine.</param>
    public static ExitsEngine Open(string modelFolder, string executionProvider, CancellationToken cancellationToken, string precision = GraphPrecisions.Fp32)
    {
        OrtRuntime.Initialize(0);
        var options = new ModelLoadOptions(new ExecutionTarget(executionProvider), AllExits: true) { Precision = precision };
        return new ExitsEngine(LoadedModel.Load(modelFolder, options, cancellationToken), executionProvider);
    }

    /// <summary>Decodes an image and prepares the model's input at every size; the caller disposes it.</summary>
    /// <param name="mirrored">Whether to exchange left and right.</param>
    /// <exception cref="SegmentationException">The image cannot be decoded, or exceeds a limit.</exception>
    public PreparedImage Prepare(ReadOnlyMemory<byte> image, bool mirrored, CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        using var decoded = ImageDecoder.Decode(image, Limits, cancellationToken);
        var decode = _time.GetElapsedTime(start);
        var sizes = new List<PreparedSize>();
        try
        {
            foreach (var size in Model.ShortestEdges)
            {
                start = _time.GetTimestamp();
                var tensor = ImagePreprocessor.ToTensor(decoded, Model.PreprocessingAt(size));
                sizes.Add(new PreparedSize(size, tensor, _time.GetElapsedTime(start)));
                if (mirrored)
                {
                    MirrorRows(tensor.Memory.Span, tensor.Size.Width);
                }
            }

            return new PreparedImage(sizes, decoded.Width, decoded.Height, mirrored, decode);
        }
        catch
        {
            sizes.ForEach(static size => size.Tensor.Dispose());
            throw;
        }
    }

    /// <summary>Runs the model on the device; the caller disposes the result, and <paramref name="image"/> afterwards.</summary>
    /// <param name="gates">Whether to run every gate.</param>
    /// <param name="similarities">Whether to compare the encoder's outputs at successive exits.</param>
    /// <exception cref="SegmentationException">The model failed.</exception>
    public Task<ExitsRun> RunAsync(PreparedImage image, bool gates, bool similarities, CancellationToken cancellationToken) =>
        _device.RunAsync(token => OnDevice(options => Run(image, gates, similarities, options), token), TimeSpan.Zero, cancellationToken);

    /// <summary>Runs the model at its own size, deepest exit and whole decoder alone; the caller disposes the result, whose one point that is.</summary>
    /// <exception cref="SegmentationException">The model failed.</exception>
    public async Task<ExitsRun> RunFullAsync(PreparedImage image, CancellationToken cancellationToken)
    {
        using var encoded = await EncodeAsync(image, cancellationToken).ConfigureAwait(false);
        return await DecodeAsync(image, encoded, [(Model.MaxDepth, (float[]?)null)], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Runs stem and encoder at the model's own size on the device and keeps the tokens of every exit as its layers give them, without
    /// adapters; the caller disposes the result.
    /// </summary>
    /// <exception cref="SegmentationException">The model failed.</exception>
    public Task<EncodedImage> EncodeAsync(PreparedImage image, CancellationToken cancellationToken) =>
        _device.RunAsync(token => OnDevice(options => Encode(image, options), token), TimeSpan.Zero, cancellationToken);

    /// <summary>Runs the whole decoder on the tokens of every exit, without adapters; the caller disposes the result.</summary>
    /// <param name="image">The one that was encoded.</param>
    /// <exception cref="SegmentationException">The model failed.</exception>
    public Task<ExitsRun> DecodeAsync(PreparedImage image, EncodedImage encoded, CancellationToken cancellationToken) =>
        DecodeAsync(image, encoded, [.. Model.Exits.Select(static exit => (exit, (float[]?)null))], cancellationToken);

    /// <summary>Runs the whole decoder on what adapters make of an image's tokens; the caller disposes the result, which has their exits only.</summary>
    /// <param name="image">The one that was encoded.</param>
    /// <exception cref="SegmentationException">The model failed.</exception>
    public Task<ExitsRun> DecodeAsync(PreparedImage image, EncodedImage encoded, IReadOnlyList<ExitAdapter> adapters, CancellationToken cancellationToken) =>
        DecodeAsync(image, encoded, [.. adapters.Select(adapter => (adapter.Exit, (float[]?)encoded.Adapt(adapter)))], cancellationToken);

    /// <summary>Runs the whole decoder on tokens, [N, d] each, that stand for those after an exit's layers; null: those themselves. The caller disposes the result.</summary>
    /// <param name="image">The one that was encoded.</param>
    /// <exception cref="SegmentationException">The model failed.</exception>
    internal Task<ExitsRun> DecodeAsync(PreparedImage image, EncodedImage encoded, (int Exit, float[]? Tokens)[] exits, CancellationToken cancellationToken) =>
        _device.RunAsync(token => OnDevice(options => Decode(image, encoded, exits, options), token), TimeSpan.Zero, cancellationToken);

    /// <summary>Makes masks or boxes at the image's size from the output at one point, with the model's default parameters.</summary>
    /// <param name="point">Index of the point.</param>
    /// <param name="objectScoreThreshold">Lowest score of instances and boxes, of all classes, 0 to 1; 0 keeps the 100 best, as average precision requires.</param>
    public SegmentationResult ToResult(ExitsRun run, int point, SegmentationTasks tasks, CancellationToken cancellationToken, float objectScoreThreshold = 0)
    {
        var parameters = PostprocessingParameters.For(Model, tasks) with { InstanceScoreThreshold = objectScoreThreshold };
        if (tasks.HasFlag(SegmentationTasks.Instance))
        {
            parameters = parameters with { ClassThresholds = null };
        }

        if (tasks == SegmentationTasks.Detection)
        {
            parameters = parameters with { ScoreThreshold = objectScoreThreshold };
        }

        return ToResult(run, point, parameters, cancellationToken);
    }

    /// <summary>Makes masks or boxes from the output at one point, with any parameters.</summary>
    /// <param name="point">Index of the point.</param>
    public SegmentationResult ToResult(ExitsRun run, int point, PostprocessingParameters parameters, CancellationToken cancellationToken)
    {
        var found = run[point].Postprocess(run.Height, run.Width, parameters, cancellationToken);
        var own = InputSize.For(run.Width, run.Height, Model.Preprocessing);
        return SegmentationResult.Of(Model, run.Width, run.Height, ComputeUsed.Of(run[point].Decision, Costs, Model, own, run.Times[point]), found);
    }

    public void Dispose()
    {
        _device.Dispose();
        _model.Dispose();
    }

    private T OnDevice<T>(Func<RunOptions, T> work, CancellationToken cancellationToken)
    {
        using var runOptions = new RunOptions();
        using var registration = cancellationToken.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, runOptions);
        try
        {
            return work(runOptions);
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

    private (StemOutputs Stem, double Milliseconds) RunStem(PreparedSize size, RunOptions runOptions)
    {
        using var pixels = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, size.Tensor.Memory, size.Tensor.Shape);
        return Timed(() => Sessions.RunStem(pixels, runOptions));
    }

    private EncodedImage Encode(PreparedImage image, RunOptions runOptions)
    {
        var own = image.At(Model.OwnSize);
        var (stem, stemTime) = RunStem(own, runOptions);
        try
        {
            var (layers, encoderTime) = Timed(() => Sessions.RunRawEncoderExits(stem, runOptions));
            return new EncodedImage(Model.Exits, stem, layers, new StageTimes { Decode = (image.Decode + own.Resize).TotalMilliseconds, Stem = stemTime, Encoder = encoderTime });
        }
        catch
        {
            stem.Dispose();
            throw;
        }
    }

    private ExitsRun Decode(PreparedImage image, EncodedImage encoded, (int Exit, float[]? Tokens)[] exits, RunOptions runOptions)
    {
        var decoded = new List<(ModelOutput Run, StageTimes Times)>(exits.Length);
        try
        {
            foreach (var (exit, tokens) in exits)
            {
                using var adapted = tokens is null ? null : OrtValue.CreateTensorValueFromMemory(tokens, encoded.Shape);
                var (outputs, time) = Timed(() => Sessions.RunDecoder(adapted ?? encoded.Layer(exit), encoded.Stem, Model.MaxDecoderDepth, runOptions));
                var output = new ModelOutput(outputs, new ComputeDecision(new ComputePoint(Model.OwnSize, image.At(Model.OwnSize).Tensor.Size, exit, Model.MaxDecoderDepth), ComputeReason.Forced));
                decoded.Add((output, encoded.Times with { Decoder = time }));
            }

            return new ExitsRun(image, [.. decoded.Select(static exit => exit.Run)])
            {
                Pooled = GraphOutputs.Copy(encoded.Stem.Pooled).Values,
                Gates = new Dictionary<string, float[]>(),
                Similarities = [],
                Times = [.. decoded.Select(static exit => exit.Times)],
            };
        }
        catch
        {
            decoded.ForEach(static exit => exit.Run.Dispose());
            throw;
        }
    }

    private ExitsRun Run(PreparedImage image, bool gates, bool similarities, RunOptions runOptions)
    {
        var sizes = new List<SizeRun>();
        try
        {
            foreach (var size in image.Sizes)
            {
                sizes.Add(Run(image, size, gates, similarities, runOptions));
            }

            return Join(image, sizes);
        }
        catch
        {
            sizes.SelectMany(static size => size.Outputs).ToList().ForEach(static output => output.Dispose());
            throw;
        }
    }

    private ExitsRun Join(PreparedImage image, List<SizeRun> sizes)
    {
        var scores = sizes.SelectMany(static size => size.Scores).ToDictionary();
        var gate = scores.Count == 0 ? (double?)null : sizes.Sum(static size => size.Gates) / scores.Count;
        return new ExitsRun(image, [.. sizes.SelectMany(static size => size.Outputs)])
        {
            Pooled = sizes[0].Pooled,
            Gates = scores,
            Similarities = [.. sizes.SelectMany(static size => size.Similarities)],
            Times = [.. sizes.SelectMany(static size => size.Times).Select(times => times with { Gate = gate })],
            Probe = Model.HasSizes ? new StageTimes { Decode = image.Sizes[0].Resize.TotalMilliseconds, Stem = sizes[0].Times[0].Stem } : null,
        };
    }

    private SizeRun Run(PreparedImage image, PreparedSize size, bool gates, bool similarities, RunOptions runOptions)
    {
        var (stem, stemTime) = RunStem(size, runOptions);
        using (stem)
        {
            var profiles = gates ? ProfilesAt(size.Size) : [];
            var (scores, gateTime) = Timed(() => profiles.ToDictionary(static profile => profile, profile => Sessions.RunGate(profile, stem, runOptions)));
            var (layers, encoderTime) = Timed(() => Sessions.RunEncoderExits(stem, runOptions));
            var times = new StageTimes
            {
                Decode = (image.Decode + size.Resize).TotalMilliseconds,
                Stem = stemTime,
                Encoder = encoderTime,
            };
            try
            {
                var decoded = Decode(image, size, stem, layers, times, runOptions);
                return new SizeRun(
                    GraphOutputs.Copy(stem.Pooled).Values,
                    scores,
                    gateTime,
                    [.. decoded.Select(static exit => exit.Output)],
                    [.. decoded.Select(static exit => exit.Times)],
                    similarities ? [.. layers.SelectMany((layer, exit) => Enumerable.Repeat(Similarity(exit == 0 ? stem[GraphTensors.Tokens] : layers[exit - 1], layer), Model.DecoderDepths.Count))] : []);
            }
            finally
            {
                Array.ForEach(layers, static layer => layer.Dispose());
            }
        }
    }

    /// <summary>Gates over points read the smallest size's feature, those over exits the own size's.</summary>
    private List<string> ProfilesAt(int size) => [.. (Model.Gates?.Profiles ?? new Dictionary<string, GateProfile>())
        .Where(profile => size == Model.SizeReadBy(profile.Value))
        .Select(static profile => profile.Key)];

    /// <param name="times">Those that all exits share; the encoder's is that of all layers.</param>
    private List<(ModelOutput Output, StageTimes Times)> Decode(PreparedImage image, PreparedSize size, StemOutputs stem, OrtValue[] layers, StageTimes times, RunOptions runOptions)
    {
        var depths = Model.DecoderDepths;
        var decoded = new List<(ModelOutput Output, StageTimes Times)>(layers.Length * depths.Count);
        try
        {
            for (var i = 0; i < layers.Length * depths.Count; i++)
            {
                var (exit, decoder) = (i / depths.Count, depths[i % depths.Count]);
                var (outputs, time) = Timed(() => Sessions.RunDecoder(layers[exit], stem, decoder, runOptions));
                var point = new ComputePoint(size.Size, size.Tensor.Size, Model.Exits[exit], decoder);
                decoded.Add((
                    new ModelOutput(outputs, new ComputeDecision(point, ComputeReason.Forced)),
                    times with { Encoder = times.Encoder * point.Depth / Model.MaxDepth, Decoder = time }));
                if (image.Mirrored)
                {
                    MirrorBack(outputs);
                }
            }

            return decoded;
        }
        catch
        {
            decoded.ForEach(static exit => exit.Output.Dispose());
            throw;
        }
    }

    private (T Result, double Milliseconds) Timed<T>(Func<T> work)
    {
        var start = _time.GetTimestamp();
        var result = work();
        return (result, _time.GetElapsedTime(start).TotalMilliseconds);
    }

    /// <summary>Cosine similarity, averaged over the tokens.</summary>
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
