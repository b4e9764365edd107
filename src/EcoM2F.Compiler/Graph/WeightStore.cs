using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Graph;

/// <summary>
/// The weights of all graphs of a model, each once, by the name that both the file and the graphs use. Values are as the
/// graphs read them (matrices as [in, out]), so that no session needs a copy of its own. They are read from the checkpoint,
/// one at a time, while the file is written: memory does not grow with the model.
/// </summary>
internal sealed class WeightStore
{
    private readonly SortedDictionary<string, (Func<float[]> Values, long[] Shape, TensorType Type)> _tensors = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, (Func<byte[]> Bytes, long[] Shape, TensorType Type)> _raw = new(StringComparer.Ordinal);
    private Dictionary<string, TensorEntry>? _written;

    public const string FileName = "weights.bin";

    public bool Contains(string name) => _tensors.ContainsKey(name) || _raw.ContainsKey(name);

    public long[] Shape(string name) => _tensors[name].Shape;

    /// <summary>Adds a tensor unless one of that name is there already.</summary>
    /// <param name="name">In the file and in graphs.</param>
    /// <param name="values">Called by <see cref="Write"/>, once for each precision.</param>
    /// <param name="shape">As graphs see it.</param>
    public void Add(string name, Func<float[]> values, params long[] shape)
    {
        _tensors.TryAdd(name, (values, shape, TensorType.F32));
    }

    /// <summary>Adds a tensor that is there already a second time, as fp16, unless that is there too.</summary>
    public void AddHalf(string name, string of) => _tensors.TryAdd(name, (_tensors[of].Values, _tensors[of].Shape, TensorType.F16));

    /// <summary>Adds a tensor of another type than fp32 unless one of that name is there already.</summary>
    /// <param name="bytes">Little-endian; called when the file is written.</param>
    public void Add(string name, TensorType type, Func<byte[]> bytes, params long[] shape) => _raw.TryAdd(name, (bytes, shape, type));

    /// <param name="path">Of a file of safetensors; <see cref="FileName"/> in a model folder but for adapters.</param>
    public void WriteFile(string path)
    {
        var writer = new SafetensorsWriter { Metadata = { ["format"] = "ecom2f" } };
        foreach (var (name, (values, shape, type)) in _tensors)
        {
            writer.Add(name, type, values, shape);
        }

        foreach (var (name, (bytes, shape, type)) in _raw)
        {
            writer.Add(name, type, bytes(), shape);
        }

        _written = writer.Write(path).ToDictionary(t => t.Name, StringComparer.Ordinal);
    }

    public void Write(string folder) => WriteFile(Path.Combine(folder, FileName));

    /// <summary>Where the tensor lies in the file; only after <see cref="Write"/>.</summary>
    public TensorEntry Location(string name) =>
        (_written ?? throw new InvalidOperationException("The weights are not written yet."))[name];
}
