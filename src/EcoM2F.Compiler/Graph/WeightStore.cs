using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Graph;

/// <summary>
/// The weights of all graphs of a model, each once, by the name that both the file and the graphs use. Values are as the
/// graphs read them (matrices as [in, out]), so that no session needs a copy of its own.
/// </summary>
internal sealed class WeightStore
{
    private readonly SortedDictionary<string, (float[] Values, long[] Shape)> _tensors = new(StringComparer.Ordinal);
    private Dictionary<string, TensorEntry>? _written;

    public const string FileName = "weights.bin";

    public bool Contains(string name) => _tensors.ContainsKey(name);

    public long[] Shape(string name) => _tensors[name].Shape;

    /// <summary>Adds a tensor unless one of that name is there already.</summary>
    public void Add(string name, Func<float[]> values, params long[] shape)
    {
        if (!_tensors.ContainsKey(name))
        {
            _tensors.Add(name, (values(), shape));
        }
    }

    public void Write(string folder)
    {
        var writer = new SafetensorsWriter { Metadata = { ["format"] = "ecom2f" } };
        foreach (var (name, (values, shape)) in _tensors)
        {
            writer.Add(name, values, shape);
        }

        _written = writer.Write(Path.Combine(folder, FileName)).ToDictionary(t => t.Name, StringComparer.Ordinal);
    }

    /// <summary>Where the tensor lies in the file; only after <see cref="Write"/>.</summary>
    public TensorEntry Location(string name) =>
        (_written ?? throw new InvalidOperationException("The weights are not written yet."))[name];
}
