using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Inference.Verification;

/// <summary>One gate's graph on the CPU, without the model that it belongs to.</summary>
internal sealed class GateSession : IDisposable
{
    private readonly string _file;
    private readonly InferenceSession _session;

    private GateSession(string file, InferenceSession session) => (_file, _session) = (file, session);

    public static GateSession Open(string file)
    {
        try
        {
            using var options = ExecutionTarget.Cpu.CreateSessionOptions();
            return new GateSession(file, new InferenceSession(file, options));
        }
        catch (OnnxRuntimeException exception)
        {
            throw new ModelLoadException($"{file}: ONNX Runtime cannot load it: {exception.Message}", exception);
        }
    }

    /// <param name="pooled">[B, d].</param>
    /// <returns>[B, columns of the scores].</returns>
    public ExpectedTensor Run(float[] pooled, IReadOnlyList<long> shape)
    {
        try
        {
            using var input = OrtValue.CreateTensorValueFromMemory(pooled, [.. shape]);
            using var options = new RunOptions();
            using var mode = DenormalFloats.CountAsZero();
            using var outputs = _session.Run(options, [GraphTensors.Pooled], [input], [GraphTensors.Scores]);
            return new ExpectedTensor(outputs[0].GetTensorTypeAndShape().Shape, outputs[0].GetTensorDataAsSpan<float>().ToArray());
        }
        catch (OnnxRuntimeException exception)
        {
            throw new ModelLoadException($"{_file} cannot read the model's pooled feature of shape [{string.Join(", ", shape)}]: {exception.Message}", exception);
        }
    }

    public void Dispose() => _session.Dispose();
}
