using System.Collections.Concurrent;
using System.Globalization;
using EcoM2F.Inference.Onnx.CustomOps;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Compiler.Tests;

/// <summary>Runs a compiled model's graphs as any ONNX runtime would: plain sessions, all optimisations.</summary>
/// <param name="fused">Encoders with our own operators, where they have a fused graph.</param>
internal sealed class ModelRunner(string folder, bool fused = false) : IDisposable
{
    private readonly ConcurrentDictionary<string, InferenceSession> _sessions = new();

    private string Suffix => fused ? ".fused.onnx" : ".onnx";

    public Dictionary<string, NamedTensor> Stem(NamedTensor pixels) => Run("stem.onnx", new() { ["pixel_values"] = pixels });

    public NamedTensor Gate(string profile, NamedTensor pooled) => Run($"gate-{profile}.onnx", new() { ["pooled"] = pooled })["scores"];

    public NamedTensor Encoder(int depth, Dictionary<string, NamedTensor> stem) =>
        Run(string.Create(CultureInfo.InvariantCulture, $"encoder-{depth}{Suffix}"), EncoderInputs(stem))["encoder"];

    public Dictionary<string, NamedTensor> EncoderExits(Dictionary<string, NamedTensor> stem) => Run("encoder-exits" + Suffix, EncoderInputs(stem));

    public Dictionary<string, NamedTensor> Decoder(NamedTensor encoder, Dictionary<string, NamedTensor> stem) =>
        Run("decoder.onnx", new() { ["encoder"] = encoder, ["res2"] = stem["res2"], ["spatial_shapes"] = stem["spatial_shapes"] });

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

    private static Dictionary<string, NamedTensor> EncoderInputs(Dictionary<string, NamedTensor> stem) =>
        new() { ["tokens"] = stem["tokens"], ["position"] = stem["position"], ["spatial_shapes"] = stem["spatial_shapes"] };

    private static NamedTensor Copy(OrtValue value)
    {
        var info = value.GetTensorTypeAndShape();
        return info.ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int64
            ? new NamedTensor(info.Shape, [], value.GetTensorDataAsSpan<long>().ToArray())
            : new NamedTensor(info.Shape, value.GetTensorDataAsSpan<float>().ToArray());
    }
}
