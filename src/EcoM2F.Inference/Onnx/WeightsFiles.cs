using EcoM2F.Inference.Safetensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace EcoM2F.Inference.Onnx;

/// <summary>
/// The one copy of a model's weights: the files are mapped into memory, every session takes its initializers from the mappings, and
/// what the runtime repacks for its kernels goes into one container that all sessions share. Must outlive every session.
/// </summary>
internal sealed class WeightsFiles : IDisposable
{
    private readonly List<SafetensorsFile> _files = [];
    private readonly List<(string Name, OrtValue Value)> _initializers = [];

    /// <param name="paths">No two tensors have one name.</param>
    public WeightsFiles(IEnumerable<string> paths)
    {
        try
        {
            foreach (var path in paths)
            {
                Add(SafetensorsFile.Open(path));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public PrePackedWeightsContainer Prepacked { get; } = new();

    /// <summary>Names that a graph does not have are ignored by the runtime, so every session gets them all.</summary>
    public void AddTo(SessionOptions options)
    {
        foreach (var (name, value) in _initializers)
        {
            options.AddInitializer(name, value);
        }
    }

    public void Dispose()
    {
        Prepacked.Dispose();
        foreach (var (_, value) in _initializers)
        {
            value.Dispose();
        }

        _initializers.Clear();
        _files.ForEach(static file => file.Dispose());
    }

    private void Add(SafetensorsFile file)
    {
        _files.Add(file);
        foreach (var tensor in file.Tensors)
        {
            _initializers.Add((tensor.Name, OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance, ElementType(tensor), [.. tensor.Shape], file.Address(tensor), tensor.Length)));
        }
    }

    private static TensorElementType ElementType(TensorEntry tensor) => tensor.Type switch
    {
        TensorType.F32 => TensorElementType.Float,
        TensorType.F16 => TensorElementType.Float16,
        TensorType.BF16 => TensorElementType.BFloat16,
        TensorType.I64 => TensorElementType.Int64,
        _ => throw new SafetensorsException($"Tensor '{tensor.Name}' is {tensor.Type.ToName()}; weights are F32, F16, BF16 or I64."),
    };
}
