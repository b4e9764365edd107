using System.IO.MemoryMappedFiles;

namespace EcoM2F.Inference.Safetensors;

/// <summary>
/// A memory-mapped safetensors file. Reading is thread-safe. Spans and pointers that it hands out live as long as it does:
/// dispose it last.
/// </summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly Dictionary<string, TensorEntry> _byName;
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _start;

    private SafetensorsFile(string path, FileStream stream)
    {
        Path = path;
        (Tensors, Metadata) = SafetensorsHeader.Read(stream, path);
        _byName = Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
        _map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    public string Path { get; }

    /// <summary>In the order of their bytes.</summary>
    public IReadOnlyList<TensorEntry> Tensors { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <exception cref="SafetensorsException">The file breaks the format.</exception>
    public static SafetensorsFile Open(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            return new SafetensorsFile(path, stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <exception cref="SafetensorsException">There is no such tensor.</exception>
    public TensorEntry this[string name] => _byName.TryGetValue(name, out var entry)
        ? entry
        : throw new SafetensorsException($"{Path}: the tensor '{name}' is missing.");

    /// <summary>First byte of the tensor in the mapped file.</summary>
    internal nint Address(TensorEntry tensor)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        return (nint)(_start + tensor.Offset);
    }

    /// <summary>The tensor's bytes in place, without a copy; at most 2 GB.</summary>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        var tensor = this[name];
        return tensor.Length <= int.MaxValue
            ? new ReadOnlySpan<byte>((void*)Address(tensor), (int)tensor.Length)
            : throw new SafetensorsException($"{Path}: tensor '{name}' has {tensor.Length} bytes, too many for one span.");
    }

    /// <summary>A copy as 32-bit floats, of F32, F16 or BF16.</summary>
    public float[] Floats(string name) => TensorConversion.ToFloats(Bytes(name), this[name].Type)
        ?? throw new SafetensorsException($"{Path}: tensor '{name}' is {this[name].Type.ToName()}; F32, F16 or BF16 was expected.");

    public void Dispose()
    {
        if (_start is not null)
        {
            _start = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _map.Dispose();
        }
    }
}
