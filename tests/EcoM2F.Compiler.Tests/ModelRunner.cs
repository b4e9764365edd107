using System.Collections.Concurrent;
using System.Globalization;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx.CustomOps;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Compiler.Tests;

/// <summary>Runs a compiled model's graphs as any ONNX runtime would: plain sessions, all optimisations.</summary>
/// <param name="fused">Stages with our own operators, where they have a fused graph.</param>
internal sealed class ModelRunner(string folder, bool fused = false) : IDisposable
{
    private readonly ConcurrentDictionary<string, InferenceSession> _sessions = new();

    public Dictionary<string, NamedTensor> Stem(NamedTensor pixels) => Run("stem.onnx", new() { [GraphTensors.PixelValues] = pixels });

    public NamedTensor Gate(string profile, NamedTensor pooled) => Run($"gate-{profile}.onnx", new() { [GraphTensors.Pooled] = pooled })[GraphTensors.Scores];

    public NamedTensor Encoder(int depth, Dictionary<string, NamedTensor> stem) =>
        RunStage(string.Create(CultureInfo.InvariantCulture, $"encoder-{depth}"), stem)[GraphTensors.Encoder];

    public Dictionary<string, NamedTensor> EncoderExits(Dictionary<string, NamedTensor> stem) => RunStage("encoder-exits", stem);

    public Dictionary<string, NamedTensor> Decoder(NamedTensor encoder, Dictionary<string, NamedTensor> stem) =>
        RunStage("decoder", new(stem) { [GraphTensors.Encoder] = encoder });

    /// <param name="layers">A decoder exit below the whole decoder.</param>
    public Dictionary<string, NamedTensor> CutDecoder(int layers, NamedTensor encoder, Dictionary<string, NamedTensor> stem) =>
        RunStage(string.Create(CultureInfo.InvariantCulture, $"decoder-{layers}"), new(stem) { [GraphTensors.Encoder] = encoder });

    public InferenceSession Session(string file) => _sessions.GetOrAdd(file, name =>
    {
        using var options = new SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL, IntraOpNumThreads = 2 };
        if (name.EndsWith(".fused.onnx", StringComparison.Ordinal))
        {
            EcoM2FOperators.AddTo(options);
        }

        return new InferenceSession(Path.Combine(folder, name), options);
    });

    public Dictionary<string, NamedTensor> Run(string file, Dictionary<string, NamedTensor> inputs)
    {
        var session = Session(file);
        var values = inputs.ToDictionary(i => i.Key, i => i.Value.Integers is { } integers
            ? OrtValue.CreateTensorValueFromMemory(integers, i.Value.Shape)
            : OrtValue.CreateTensorValueFromMemory(i.Value.Floats, i.Value.Shape));
        try
        {
            using var run = new RunOptions();
            using var results = session.Run(run, values, session.OutputNames);
            return session.OutputNames.Zip(results).ToDictionary(r => r.First, r => Copy(r.Second));
        }
        finally
        {
            foreach (var value in values.Values)
            {
                value.Dispose();
            }
        }
    }

    public void Dispose()
    {
        foreach (var session in _sessions.Values)
        {
            session.Dispose();
        }
    }

    /// <summary>The fused graph if it is wanted and there, on those tensors that it declares.</summary>
    private Dictionary<string, NamedTensor> RunStage(string stage, Dictionary<string, NamedTensor> made)
    {
        var file = fused && File.Exists(Path.Combine(folder, stage + ".fused.onnx")) ? stage + ".fused.onnx" : stage + ".onnx";
        return Run(file, Session(file).InputNames.ToDictionary(name => name, name => made[name]));
    }

    private static NamedTensor Copy(OrtValue value)
    {
        var info = value.GetTensorTypeAndShape();
        return info.ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int64
            ? new NamedTensor(info.Shape, [], value.GetTensorDataAsSpan<long>().ToArray())
            : new NamedTensor(info.Shape, value.GetTensorDataAsSpan<float>().ToArray());
    }
}
