using System.Text.Json;
using EcoM2F.Inference.Json;

namespace EcoM2F.Inference.Safetensors;

/// <summary>
/// The weights of a checkpoint folder: <c>model.safetensors</c>, or the shards that <c>model.safetensors.index.json</c> lists.
/// Owns the open files.
/// </summary>
public sealed class SafetensorsCheckpoint : IDisposable
{
    public const string FileName = "model.safetensors";

    public const string IndexFileName = "model.safetensors.index.json";

    private const long MaxIndexBytes = 100_000_000; // as for a file's header

    private const string PickleFileName = "pytorch_model.bin";

    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, SafetensorsFile> _byName = new(StringComparer.Ordinal);

    private SafetensorsCheckpoint()
    {
    }

    /// <summary>Names of all tensors.</summary>
    public IReadOnlyCollection<string> Names => _byName.Keys;

    /// <exception cref="SafetensorsException">No weights, weights in another format, or a broken file.</exception>
    public static SafetensorsCheckpoint Open(string folder)
    {
        var checkpoint = new SafetensorsCheckpoint();
        try
        {
            if (File.Exists(Path.Combine(folder, FileName)))
            {
                checkpoint.AddFile(Path.Combine(folder, FileName));
            }
            else if (File.Exists(Path.Combine(folder, IndexFileName)))
            {
                checkpoint.AddShards(folder);
            }
            else
            {
                throw new SafetensorsException(Absent(folder));
            }

            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    public bool Contains(string name) => _byName.ContainsKey(name);

    public TensorEntry this[string name] => FileOf(name)[name];

    public float[] Floats(string name) => FileOf(name).Floats(name);

    public void Dispose() => _files.ForEach(static f => f.Dispose());

    private static string Absent(string folder) =>
        File.Exists(Path.Combine(folder, PickleFileName)) || File.Exists(Path.Combine(folder, PickleFileName + ".index.json"))
            ? $"{folder} has only {PickleFileName}, a Python pickle, which runs code when it is loaded and is refused. "
              + "Convert it to safetensors in Python: AutoModel.from_pretrained(FOLDER).save_pretrained(FOLDER, safe_serialization=True)."
            : $"{folder} has neither {FileName} nor {IndexFileName}.";

    private SafetensorsFile FileOf(string name) => _byName.TryGetValue(name, out var file)
        ? file
        : throw new SafetensorsException($"The checkpoint lacks the tensor '{name}'.");

    private void AddShards(string folder)
    {
        var path = Path.Combine(folder, IndexFileName);
        var listed = new Dictionary<string, string>(StringComparer.Ordinal);
        if (new FileInfo(path).Length > MaxIndexBytes)
        {
            throw new SafetensorsException($"{path}: more than {MaxIndexBytes} bytes.");
        }

        try
        {
            using var document = JsonDocument.Parse(JsonFile.ReadBytes(path));
            foreach (var property in document.RootElement.GetProperty("weight_map").EnumerateObject())
            {
                listed.Add(property.Name, property.Value.GetString() ?? throw new JsonException("A file name is null."));
            }
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new SafetensorsException($"{path}: 'weight_map' must be an object of tensor names with the names of their files.", exception);
        }

        foreach (var shard in listed.Values.Distinct(StringComparer.Ordinal))
        {
            if (shard != Path.GetFileName(shard) || shard is ".." or "." or "" || !File.Exists(Path.Combine(folder, shard)))
            {
                throw new SafetensorsException($"{path}: '{shard}' is not a file in {folder}.");
            }

            AddFile(Path.Combine(folder, shard));
        }

        foreach (var (name, shard) in listed)
        {
            if (!_byName.TryGetValue(name, out var file) || Path.GetFileName(file.Path) != shard)
            {
                throw new SafetensorsException($"{path}: tensor '{name}' is not in {shard}.");
            }
        }
    }

    private void AddFile(string path)
    {
        var file = SafetensorsFile.Open(path);
        _files.Add(file);
        foreach (var tensor in file.Tensors)
        {
            if (!_byName.TryAdd(tensor.Name, file))
            {
                throw new SafetensorsException($"{path}: tensor '{tensor.Name}' is in another shard too.");
            }
        }
    }
}
