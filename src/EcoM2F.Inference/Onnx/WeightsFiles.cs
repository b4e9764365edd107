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
        foreach (var tensor in file.Tensors.Where(IsShared))
        {
            _initializers.Add((tensor.Name, OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance, ElementType(tensor), [.. tensor.Shape], file.Address(tensor), tensor.Length)));
        }
    }

    /// <summary>
    /// All but the kernels of int8 convolutions: the runtime fails a session whose QLinearConv reads weights that are given to it ("doesn't have
    /// an implementation that can cache computed pre-packed weights"), so it reads those from the file itself.
    /// </summary>
    private static bool IsShared(TensorEntry tensor) => tensor.Type != TensorType.I8 || tensor.Shape.Count == 2;

    private static TensorElementType ElementType(TensorEntry tensor) => tensor.Type switch
    {
        TensorType.F32 => TensorElementType.Float,
        TensorType.F16 => TensorElementType.Float16,
        TensorType.BF16 => TensorElementType.BFloat16,
        TensorType.I64 => TensorElementType.Int64,
        TensorType.I32 => TensorElementType.Int32,
        TensorType.I8 => TensorElementType.Int8,
        _ => throw new SafetensorsException($"Tensor '{tensor.Name}' is {tensor.Type.ToName()}; weights are F32, F16, BF16, I64, I32 or I8."),
    };
}
