using System.Runtime.ExceptionServices;
using EcoM2F.Inference.Models;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Onnx;

/// <summary>
/// The graphs of one model, loaded on one target, sharing one copy of the weights. Tensors go from stage to stage as OrtValues;
/// only gate scores and the decoder's logits come to the host. Every stage takes a batch of images of one size. Stages may run at
/// the same time, of one graph too.
/// </summary>
public sealed class ModelSessions : IDisposable
{
    private readonly Dictionary<string, Lazy<StageSession>> _sessions = [];
    private readonly WeightsFiles? _weights;
    private readonly OrtMemoryInfo _device;
    private readonly ModelFolder _folder;
    private readonly ExecutionTarget _target;
    private readonly ModelManifest _manifest;
    private readonly Lazy<DecoderLayout> _decoder;

    private ModelSessions(ModelFolder folder, ExecutionTarget target, bool allExitsGraph, (string Flavour, string Precision) kind, int profileThreads)
    {
        (_folder, _target, _manifest) = (folder, target, folder.Manifest);
        Graphs = GraphSelection.Select(_manifest, kind.Flavour, allExitsGraph, kind.Precision);
        Precision = kind.Precision;
        _decoder = new Lazy<DecoderLayout>(() => DecoderLayout.Of(SessionOf(GraphStages.Decoder)));
        _device = target.CreateDeviceMemory();
        try
        {
            // On CUDA each session takes its own device copy: user-supplied initializers are host memory.
            string?[] weights = [_manifest.Weights, _manifest.ExitAdapters?.File, _manifest.Precisions?.GetValueOrDefault(kind.Precision)?.Weights];
            _weights = target.IsCuda ? null : new WeightsFiles(weights.OfType<string>().Select(folder.PathOf));
        }
        catch
        {
            _device.Dispose();
            throw;
        }

        var (record, threads) = (target.IsCuda || profileThreads > 0, Math.Max(1, profileThreads));
        foreach (var graph in Graphs)
        {
            Add(KeyOf(graph), graph.File, graph.Flavour == GraphFlavours.Fused);
        }

        foreach (var (profile, gate) in Gates)
        {
            Add(GateKey(profile), gate.File, ownOperators: false);
        }

        void Add(string key, string file, bool ownOperators) => _sessions.Add(key, new Lazy<StageSession>(() =>
        {
            try
            {
                return new StageSession(folder.PathOf(file), target, _weights, record, ownOperators, threads);
            }
            catch (OnnxRuntimeException exception)
            {
                throw CannotLoad(exception);
            }
        }));
    }

    /// <summary>The graphs that are loaded, gates apart.</summary>
    public IReadOnlyList<GraphEntry> Graphs { get; }

    /// <summary>One of <see cref="GraphPrecisions"/>; gates are fp32 in any case.</summary>
    public string Precision { get; }

    /// <summary>The model's own size, by its shortest edge.</summary>
    internal int OwnSize => _manifest.OwnSize;

    private IReadOnlyDictionary<string, GateProfile> Gates => _manifest.Gates?.Profiles ?? new Dictionary<string, GateProfile>();

    /// <summary>Loads a verified folder.</summary>
    /// <param name="allExitsGraph">Also the graph that gives every exit in one pass (quality per exit is measured with it).</param>
    /// <param name="flavour">One of <see cref="GraphFlavours"/>; a stage without it is served by its portable graph. Null: the fastest that the target runs.</param>
    /// <param name="precision">One of <see cref="GraphPrecisions"/>. Null: fp16 on CUDA where the model has it, else fp32.</param>
    /// <param name="profileThreads">Above 0: profile every graph, in sessions of so many threads each, until <see cref="EndProfiles"/>.</param>
    /// <exception cref="ModelLoadException">A graph is missing or does not load, or on CUDA a node would run on the CPU; names it.</exception>
    public static ModelSessions Open(ModelFolder folder, ExecutionTarget target, bool allExitsGraph = false, string? flavour = null, string? precision = null, int profileThreads = 0)
    {
        var kind = (flavour ?? target.FastestFlavour, precision ?? GraphSelection.FastestPrecision(folder.Manifest, target.IsCuda));
        var sessions = new ModelSessions(folder, target, allExitsGraph, kind, profileThreads);
        try
        {
            sessions.OpenAll();
            return sessions;
        }
        catch
        {
            sessions.Dispose();
            throw;
        }
    }

    /// <summary>As <see cref="Open"/>, but a graph is loaded when it first runs, or by <see cref="OpenAll"/>.</summary>
    internal static ModelSessions OpenLazily(ModelFolder folder, ExecutionTarget target, bool allExitsGraph, string precision) =>
        new(folder, target, allExitsGraph, (target.FastestFlavour, precision), profileThreads: 0);

    /// <summary>Loads the graphs that are not loaded yet, several at once: ONNX Runtime prepares a graph on one core.</summary>
    /// <exception cref="ModelLoadException">As <see cref="Open"/>; what is loaded stays so until <see cref="Dispose"/>.</exception>
    internal void OpenAll()
    {
        try
        {
            Lazy<StageSession>[] sessions = [.. _sessions.Values];
            Parallel.For(0, sessions.Length, new ParallelOptions { MaxDegreeOfParallelism = _target.IsCuda ? 1 : Environment.ProcessorCount }, i => _ = sessions[i].Value);
            foreach (var (profile, gate) in Gates)
            {
                CheckColumns(SessionOf(GateKey(profile)), profile, ColumnsOf(gate));
            }

            _ = _decoder.Value;
            if (_target.IsCuda)
            {
                CheckPlacement(_target);
            }
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
        catch (OnnxRuntimeException exception)
        {
            throw CannotLoad(exception);
        }
    }

    /// <param name="pixelValues">[B, 3, H, W], normalised; H and W multiples of 32.</param>
    internal StemOutputs RunStem(OrtValue pixelValues, RunOptions runOptions)
    {
        var shape = pixelValues.GetTensorTypeAndShape().Shape;
        var session = SessionOf(GraphStages.Stem);
        // Sizes are integers made on the host on every device.
        var outputs = session.Outputs.Select(name => (name, name == GraphTensors.SpatialShapes ? OrtMemoryInfo.DefaultInstance : _device)).ToArray();
        var values = session.Run(runOptions, [(GraphTensors.PixelValues, pixelValues)], outputs);
        return new StemOutputs([.. values.Select((value, i) => new StemTensor(session.Outputs[i], value, session.HasBatch(session.Outputs[i])))], (int)shape[2], (int)shape[3]);
    }

    /// <returns>[B x columns] scores: see <see cref="GraphTensors.Scores"/>.</returns>
    internal float[] RunGate(string profile, StemOutputs stem, RunOptions runOptions)
    {
        using var scores = SessionOf(GateKey(profile)).Run(runOptions, [(GraphTensors.Pooled, stem.Pooled)], [(GraphTensors.Scores, OrtMemoryInfo.DefaultInstance)])[0];
        return scores.GetTensorDataAsSpan<float>().ToArray();
    }

    /// <returns>[B, N, d] on the device after the first <paramref name="exit"/> layers; the caller disposes.</returns>
    internal OrtValue RunEncoder(int exit, StemOutputs stem, RunOptions runOptions)
    {
        var session = SessionOf(EncoderKey(exit));
        return session.Run(runOptions, Inputs(session, stem, null), [(GraphTensors.Encoder, _device)])[0];
    }

    /// <returns>[B, N, d] on the device for every exit, shallow first; the caller disposes each.</returns>
    internal OrtValue[] RunEncoderExits(StemOutputs stem, RunOptions runOptions)
    {
        var session = SessionOf(GraphStages.EncoderExits);
        return session.Run(runOptions, Inputs(session, stem, null), [.. _manifest.Exits.Select(exit => (GraphTensors.EncoderAt(exit), _device))]);
    }

    /// <returns>[B, N, d] on the host for every exit, shallow first, as its layers give it, without adapter; the caller disposes each.</returns>
    internal OrtValue[] RunRawEncoderExits(StemOutputs stem, RunOptions runOptions)
    {
        var session = SessionOf(GraphStages.EncoderExits);
        var adapted = _manifest.ExitAdapters?.Exits.ToHashSet() ?? [];
        var outputs = _manifest.Exits.Select(exit => (adapted.Contains(exit) ? GraphTensors.RawEncoderAt(exit) : GraphTensors.EncoderAt(exit), OrtMemoryInfo.DefaultInstance));
        return session.Run(runOptions, Inputs(session, stem, null), [.. outputs]);
    }

    /// <param name="encoder">What an encoder gave for the same stem.</param>
    /// <param name="depth">Decoder layers: one of the decoder exits; null or 0: the whole decoder.</param>
    internal DecoderOutputs RunDecoder(OrtValue encoder, StemOutputs stem, int? depth, RunOptions runOptions)
    {
        var isWhole = depth is null or 0 || depth == _manifest.MaxDecoderDepth;
        var session = SessionOf(isWhole ? GraphStages.Decoder : DecoderKey(depth!.Value));
        var outputs = _decoder.Value.Rent((int)encoder.GetTensorTypeAndShape().Shape[0], stem.Height, stem.Width);
        try
        {
            using var classes = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, outputs.ClassLogits, [outputs.Batch, outputs.Queries, outputs.Classes]);
            using var regions = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, outputs.Regions, outputs.RegionShape);
            session.RunInto(runOptions, Inputs(session, stem, encoder), [(_decoder.Value.Classes, classes), (_decoder.Value.Regions, regions)]);
            return outputs;
        }
        catch
        {
            outputs.Dispose();
            throw;
        }
    }

    /// <summary>Whether <see cref="RunMaskFeatures"/> may be called: a detector has none, and int8 graphs of masks do without.</summary>
    internal bool GivesMaskFeatures => SessionOf(GraphStages.Decoder).Outputs.Contains(GraphTensors.MaskFeatures, StringComparer.Ordinal);

    /// <returns>[B, d, H/4, W/4] on the host; the caller disposes.</returns>
    internal OrtValue RunMaskFeatures(OrtValue encoder, StemOutputs stem, RunOptions runOptions)
    {
        var session = SessionOf(GraphStages.Decoder);
        return session.Run(runOptions, Inputs(session, stem, encoder), [(GraphTensors.MaskFeatures, OrtMemoryInfo.DefaultInstance)])[0];
    }

    /// <summary>Ends the profiles of all graphs that are loaded.</summary>
    /// <returns>The stage ("gate" for gates) and the file of each, which the caller deletes.</returns>
    internal IReadOnlyList<(string Stage, string Path)> EndProfiles() =>
        [.. _sessions.Select(static entry => (entry.Key.Split('-', ' ')[0], entry.Value.Value.EndRecording()))];

    public void Dispose()
    {
        foreach (var session in _sessions.Values.Where(static session => session.IsValueCreated))
        {
            session.Value.Dispose();
        }

        _sessions.Clear();
        _weights?.Dispose();
        _device.Dispose();
    }

    private StageSession SessionOf(string key) => _sessions[key].Value;

    private ModelLoadException CannotLoad(OnnxRuntimeException exception) => new(
        _target.IsCuda && CudaIsMissing(exception.Message)
            ? $"CUDA cannot be used here: {LastSentence(exception.Message)} Build with -p:Gpu=true and install CUDA 13 and cuDNN 9, or run on the CPU."
            : $"{_folder.Path}: ONNX Runtime cannot load it: {exception.Message}",
        exception);

    /// <summary>A runtime without the provider, or a provider that cannot load CUDA's own libraries.</summary>
    private static bool CudaIsMissing(string message) =>
        message.Contains("is not enabled in this build", StringComparison.Ordinal) || message.Contains("onnxruntime_providers_", StringComparison.Ordinal);

    /// <summary>What the loader of a library says comes after "error: ", behind places in native source.</summary>
    private static string LastSentence(string message)
    {
        var start = message.LastIndexOf("error: ", StringComparison.Ordinal);
        return (start < 0 ? message.Replace("[ErrorCode:Fail] ", "", StringComparison.Ordinal) : message[(start + "error: ".Length)..]).Trim().TrimEnd('.') + ".";
    }

    /// <summary>What a stage declares: outputs of the stem, and in a decoder the encoder's.</summary>
    private static (string, OrtValue)[] Inputs(StageSession session, StemOutputs stem, OrtValue? encoder) =>
        [.. session.Inputs.Select(name => (name, name == GraphTensors.Encoder && encoder is not null ? encoder : stem[name]))];

    private static string EncoderKey(int exit) => $"encoder-{exit}";

    private static string DecoderKey(int exit) => $"decoder-{exit}";

    private static string GateKey(string profile) => $"gate {profile}";

    private static string KeyOf(GraphEntry graph) => graph.Exit is { } exit ? graph.Stage == GraphStages.Encoder ? EncoderKey(exit) : DecoderKey(exit) : graph.Stage;

    /// <summary>Columns of a gate's scores.</summary>
    internal int ColumnsOf(GateProfile gate) => _manifest.PointsOf(gate).Count + (gate.Guard is null ? 0 : 1);

    private static void CheckColumns(StageSession gate, string profile, int columns)
    {
        var given = gate.OutputDimension(GraphTensors.Scores, 1);
        if (given != columns)
        {
            throw new ModelLoadException($"{gate.File}: the gate gives {given} numbers for an image; {ModelManifest.FileName} says {columns} for profile {profile}.");
        }
    }

    private void CheckPlacement(ExecutionTarget target)
    {
        // The smallest input through every graph, recorded by the runtime's profiler.
        using var pixels = OrtValue.CreateTensorValueFromMemory(new float[3 * 64 * 64], [1, 3, 64, 64]);
        using var runOptions = new RunOptions();
        using (var stem = RunStem(pixels, runOptions))
        {
            foreach (var profile in _manifest.Gates?.Profiles.Keys ?? [])
            {
                RunGate(profile, stem, runOptions);
            }

            foreach (var exit in _manifest.Exits)
            {
                using var encoder = RunEncoder(exit, stem, runOptions);
                foreach (var decoder in _manifest.DecoderDepths)
                {
                    RunDecoder(encoder, stem, decoder, runOptions).Dispose();
                }
            }

            if (_sessions.ContainsKey(GraphStages.EncoderExits))
            {
                Array.ForEach(RunEncoderExits(stem, runOptions), static value => value.Dispose());
            }
        }

        foreach (var session in _sessions.Values)
        {
            CheckPlacement(session.Value, target);
        }
    }

    private static void CheckPlacement(StageSession session, ExecutionTarget target)
    {
        var file = session.EndRecording();
        try
        {
            using var profile = File.OpenRead(file);
            if (NodePlacement.FindElsewhere(profile, target.OrtName) is { Count: > 0 } elsewhere)
            {
                throw new ModelLoadException($"{session.File}: asked for {target.OrtName}, but these nodes run elsewhere: {string.Join(", ", elsewhere)}.");
            }
        }
        finally
        {
            File.Delete(file);
        }
    }
}
