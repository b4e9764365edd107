using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Pipeline;

/// <summary>
/// Runs graphs that give the extremes of their values (<see cref="GraphTensors.LeastOf"/>, <see cref="GraphTensors.LargestOf"/>) on
/// photographs, as a model's stem and, at every exit, its decoder would run on them, and keeps the least and the largest numbers of all
/// photographs. One photograph at a time. Owns its sessions.
/// </summary>
public sealed class RangeObserver : IDisposable
{
    private readonly ModelSessions _sessions;
    private readonly WeightsFiles _weights;
    private readonly StageSession? _stem;
    private readonly StageSession? _decoder;
    private readonly Dictionary<(string Stage, string Value), (float Least, float Largest)> _ranges = [];

    private RangeObserver(ModelFolder folder, string? stem, string? decoder)
    {
        string?[] weights = [folder.Manifest.Weights, folder.Manifest.ExitAdapters?.File];
        _sessions = ModelSessions.Open(folder, ExecutionTarget.Cpu, allExitsGraph: true, precision: GraphPrecisions.Fp32);
        _weights = new WeightsFiles(weights.OfType<string>().Select(folder.PathOf));
        try
        {
            _stem = Open(stem);
            _decoder = Open(decoder);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>By stage (one of <see cref="GraphStages"/>) and value.</summary>
    public IReadOnlyDictionary<(string Stage, string Value), (float Least, float Largest)> Ranges => _ranges;

    /// <param name="folder">The model, in whose folder the observed graphs lie too.</param>
    /// <param name="stem">Path of the observed stem; null: nothing of it is asked.</param>
    /// <param name="decoder">Path of the observed decoder; null: nothing of it is asked.</param>
    /// <exception cref="ModelLoadException">A graph does not load.</exception>
    public static RangeObserver Open(ModelFolder folder, string? stem, string? decoder)
    {
        OrtRuntime.Initialize(0);
        try
        {
            return new RangeObserver(folder, stem, decoder);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new ModelLoadException($"{folder.Path}: ONNX Runtime cannot load it: {exception.Message}", exception);
        }
    }

    /// <summary>Runs a photograph at the model's own size.</summary>
    public void Observe(PreparedImage image, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var tensor = image.At(_sessions.OwnSize).Tensor;
        using var pixels = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, tensor.Memory, tensor.Shape);
        using var options = new RunOptions();
        Note(GraphStages.Stem, _stem, _ => pixels, options);
        if (_decoder is null)
        {
            return;
        }

        using var stem = _sessions.RunStem(pixels, options);
        var layers = _sessions.RunEncoderExits(stem, options);
        try
        {
            foreach (var layer in layers)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Note(GraphStages.Decoder, _decoder, name => name == GraphTensors.Encoder ? layer : stem[name], options);
            }
        }
        finally
        {
            Array.ForEach(layers, static layer => layer.Dispose());
        }
    }

    public void Dispose()
    {
        _stem?.Dispose();
        _decoder?.Dispose();
        _weights.Dispose();
        _sessions.Dispose();
    }

    private StageSession? Open(string? path) => path is null ? null : new StageSession(path, ExecutionTarget.Cpu, _weights, recordPlacement: false, ownOperators: true);

    private void Note(string stage, StageSession? session, Func<string, OrtValue> input, RunOptions options)
    {
        if (session is null)
        {
            return;
        }

        var values = session.Run(options, [.. session.Inputs.Select(name => (name, input(name)))], [.. session.Outputs.Select(static name => (name, OrtMemoryInfo.DefaultInstance))]);
        try
        {
            for (var i = 0; i < values.Length; i += 2)
            {
                var key = (stage, session.Outputs[i][..^GraphTensors.LeastOf("").Length]);
                var (least, largest) = (values[i].GetTensorDataAsSpan<float>()[0], values[i + 1].GetTensorDataAsSpan<float>()[0]);
                var known = _ranges.GetValueOrDefault(key, (least, largest));
                _ranges[key] = (Math.Min(known.Item1, least), Math.Max(known.Item2, largest));
            }
        }
        finally
        {
            Array.ForEach(values, static value => value.Dispose());
        }
    }
}
