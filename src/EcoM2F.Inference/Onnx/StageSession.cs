using EcoM2F.Inference.Onnx.CustomOps;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Onnx;

/// <summary>
/// One graph of a model, loaded. Inputs and outputs are OrtValues, so that on a GPU tensors stay there from stage to stage.
/// Runs are thread-safe.
/// </summary>
internal sealed class StageSession : IDisposable
{
    private readonly InferenceSession _session;

    /// <param name="ownOperators">Whether the graph uses <see cref="EcoM2FOperators"/>.</param>
    /// <param name="threads">Of a session that records; the others share a pool.</param>
    public StageSession(string path, ExecutionTarget target, WeightsFiles? weights, bool recordPlacement, bool ownOperators = false, int threads = 1)
    {
        File = Path.GetFileName(path);
        using var options = recordPlacement ? target.CreateRecordingOptions(threads) : target.CreateSessionOptions();
        if (ownOperators)
        {
            EcoM2FOperators.AddTo(options);
        }

        weights?.AddTo(options);
        using var mode = DenormalFloats.Keep(); // the first session of a process sets the thread that opens it
        _session = weights is null ? new InferenceSession(path, options) : new InferenceSession(path, options, weights.Prepacked);
    }

    /// <summary>File name of the graph, for messages.</summary>
    public string File { get; }

    public IReadOnlyList<string> Inputs => _session.InputNames;

    public IReadOnlyList<string> Outputs => _session.OutputNames;

    /// <summary>A declared output dimension; -1 where it is symbolic.</summary>
    public int OutputDimension(string output, int axis) => _session.OutputMetadata[output].Dimensions[axis];

    /// <summary>Whether the first axis of an output counts images: it is the only one that is symbolic there.</summary>
    public bool HasBatch(string output) => OutputDimension(output, 0) < 0;

    /// <summary>Runs the graph and leaves its outputs where <paramref name="outputs"/> says. The caller disposes what comes back.</summary>
    public OrtValue[] Run(RunOptions runOptions, ReadOnlySpan<(string Name, OrtValue Value)> inputs, ReadOnlySpan<(string Name, OrtMemoryInfo Memory)> outputs)
    {
        using var binding = Bind(inputs);
        foreach (var (name, memory) in outputs)
        {
            binding.BindOutputToDevice(name, memory);
        }

        Run(runOptions, binding);

        // The collection's disposal would dispose its values; it holds nothing else, so the values are taken over one by one.
        var values = binding.GetOutputValues();
        return [.. values];
    }

    /// <summary>Runs the graph into buffers that the caller owns.</summary>
    public void RunInto(RunOptions runOptions, ReadOnlySpan<(string Name, OrtValue Value)> inputs, ReadOnlySpan<(string Name, OrtValue Buffer)> outputs)
    {
        using var binding = Bind(inputs);
        foreach (var (name, buffer) in outputs)
        {
            binding.BindOutput(name, buffer);
        }

        Run(runOptions, binding);
        binding.SynchronizeBoundOutputs();
    }

    private void Run(RunOptions runOptions, OrtIoBinding binding)
    {
        using var mode = DenormalFloats.CountAsZero();
        _session.RunWithBinding(runOptions, binding);
    }

    private OrtIoBinding Bind(ReadOnlySpan<(string Name, OrtValue Value)> inputs)
    {
        var binding = _session.CreateIoBinding();
        foreach (var (name, value) in inputs)
        {
            binding.BindInput(name, value);
        }

        return binding;
    }

    /// <summary>Ends the recording of where nodes ran, and for how long, and returns the file that holds it.</summary>
    public string EndRecording() => _session.EndProfiling();

    public void Dispose() => _session.Dispose();
}
