using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Pipeline;

/// <summary>Takes what a graph gave on one photograph.</summary>
/// <param name="stage">One of <see cref="GraphStages"/>.</param>
/// <param name="output">The name of the graph's output.</param>
/// <param name="values">Only for the length of the call.</param>
/// <param name="shape">Of the values, row by row.</param>
public delegate void ObservedValues(string stage, string output, ReadOnlySpan<float> values, ReadOnlySpan<long> shape);

/// <summary>
/// Runs graphs made to look into a model on photographs, as the model's stem, its whole encoder and, at every exit, its decoder would run on
/// them, and hands over what they give. One photograph at a time. Owns its sessions.
/// </summary>
public sealed class GraphObserver : IDisposable
{
    private readonly ModelSessions _sessions;
    private readonly WeightsFiles _weights;
    private readonly StageSession? _stem;
    private readonly StageSession? _encoder;
    private readonly StageSession? _decoder;

    private GraphObserver(ModelFolder folder, string? stem, string? encoder, string? decoder)
    {
        string?[] weights = [folder.Manifest.Weights, folder.Manifest.ExitAdapters?.File];
        _sessions = ModelSessions.Open(folder, ExecutionTarget.Cpu, allExitsGraph: true, precision: GraphPrecisions.Fp32);
        _weights = new WeightsFiles(weights.OfType<string>().Select(folder.PathOf));
        try
        {
            _stem = Open(stem);
            _encoder = Open(encoder);
            _decoder = Open(decoder);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <param name="folder">The model, in whose folder the graphs lie too.</param>
    /// <param name="stem">Path of the graph that takes what the stem takes; null: there is none.</param>
    /// <param name="encoder">Path of the graph that takes what the encoder takes; null: there is none.</param>
    /// <param name="decoder">Path of the graph that takes what the decoder takes; null: there is none.</param>
    /// <exception cref="ModelLoadException">A graph does not load.</exception>
    public static GraphObserver Open(ModelFolder folder, string? stem, string? encoder, string? decoder)
    {
        OrtRuntime.Initialize(0);
        try
        {
            return new GraphObserver(folder, stem, encoder, decoder);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new ModelLoadException($"{folder.Path}: ONNX Runtime cannot load it: {exception.Message}", exception);
        }
    }

    /// <summary>Runs a photograph at the model's own size.</summary>
    /// <param name="image">The caller's.</param>
    /// <param name="receive">Called for every output: of stem and encoder once, of the decoder for every exit.</param>
    /// <param name="cancellationToken">Looked at between two runs.</param>
    public void Observe(PreparedImage image, ObservedValues receive, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var tensor = image.At(_sessions.OwnSize).Tensor;
        using var pixels = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, tensor.Memory, tensor.Shape);
        using var options = new RunOptions();
        Run(GraphStages.Stem, _stem, _ => pixels, options, receive);
        if (_encoder is null && _decoder is null)
        {
            return;
        }

        using var stem = _sessions.RunStem(pixels, options);
        Run(GraphStages.EncoderExits, _encoder, name => stem[name], options, receive);
        if (_decoder is null)
        {
            return;
        }

        cancellationToken.ThrowIfCancellationRequested();
        var layers = _sessions.RunEncoderExits(stem, options);
        try
        {
            foreach (var layer in layers)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Run(GraphStages.Decoder, _decoder, name => name == GraphTensors.Encoder ? layer : stem[name], options, receive);
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
        _encoder?.Dispose();
        _decoder?.Dispose();
        _weights.Dispose();
        _sessions.Dispose();
    }

    private StageSession? Open(string? path) => path is null ? null : new StageSession(path, ExecutionTarget.Cpu, _weights, recordPlacement: false, ownOperators: true);

    private static void Run(string stage, StageSession? session, Func<string, OrtValue> input, RunOptions options, ObservedValues receive)
    {
        if (session is null)
        {
            return;
        }

        var values = session.Run(options, [.. session.Inputs.Select(name => (name, input(name)))], [.. session.Outputs.Select(static name => (name, OrtMemoryInfo.DefaultInstance))]);
        try
        {
            for (var i = 0; i < values.Length; i++)
            {
                receive(stage, session.Outputs[i], values[i].GetTensorDataAsSpan<float>(), values[i].GetTensorTypeAndShape().Shape);
            }
        }
        finally
        {
            Array.ForEach(values, static value => value.Dispose());
        }
    }
}
