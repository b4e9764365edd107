using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Graph;

/// <summary>
/// The weights of all graphs of a model, each once, by the name that both the file and the graphs use. Values are as the
/// graphs read them (matrices as [in, out]), so that no session needs a copy of its own. They are read from the checkpoint,
/// one at a time, while the file is written: memory does not grow with the model.
/// </summary>
internal sealed class WeightStore
{
    private readonly SortedDictionary<string, (Func<float[]> Values, long[] Shape)> _tensors = new(StringComparer.Ordinal);
    private Dictionary<string, TensorEntry>? _written;

    public const string FileName = "weights.bin";

    public bool Contains(string name) => _tensors.ContainsKey(name);

    public long[] Shape(string name) => _tensors[name].Shape;

    /// <summary>Adds a tensor unless one of that name is there already.</summary>
    /// <param name="name">In the file and in graphs.</param>
    /// <param name="values">Called once, by <see cref="Write"/>.</param>
    /// <param name="shape">As graphs see it.</param>
    public void Add(string name, Func<float[]> values, params long[] shape)
    {
        _tensors.TryAdd(name, (values, shape));
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
