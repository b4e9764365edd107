using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace EcoM2F.Inference.Safetensors;

/// <summary>
/// Collects tensors and writes them as one file: under a temporary name first, so that no half-written file is ever found.
/// The header is padded so that data starts at a multiple of 64 bytes; tensors then follow without gaps, as the format
/// demands, those whose length keeps the next one aligned to 64 bytes first.
/// </summary>
public sealed class SafetensorsWriter
{
    private const int Alignment = 64;

    private readonly List<(string Name, TensorType Type, long[] Shape, ReadOnlyMemory<byte> Data)> _tensors = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Strings of the header's <c>__metadata__</c>; none by default.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    public void Add(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) =>
        Add(name, TensorType.F32, MemoryMarshal.AsBytes(values).ToArray(), shape);

    public void Add(string name, ReadOnlySpan<long> values, params ReadOnlySpan<long> shape) =>
        Add(name, TensorType.I64, MemoryMarshal.AsBytes(values).ToArray(), shape);

    /// <param name="data">Little-endian; read when the file is written, so it must not change before.</param>
    public void Add(string name, TensorType type, ReadOnlyMemory<byte> data, params ReadOnlySpan<long> shape)
    {
        long expected = type.Size();
        foreach (var dim in shape)
        {
            expected = checked(expected * dim);
        }

        if (expected != data.Length)
        {
            throw new SafetensorsException($"Tensor '{name}' of shape [{string.Join(", ", shape.ToArray())}] needs {expected} bytes but has {data.Length}.");
        }

        if (!_names.Add(name))
        {
            throw new SafetensorsException($"Tensor '{name}' was added twice.");
        }

        _tensors.Add((name, type, shape.ToArray(), data));
    }

    /// <returns>Where each tensor was put.</returns>
    public IReadOnlyList<TensorEntry> Write(string path)
    {
        var ordered = _tensors
            .OrderBy(t => t.Data.Length % Alignment == 0 ? 0 : 1)
            .ThenBy(t => t.Name, StringComparer.Ordinal)
            .ToList();
        var header = BuildHeader(ordered);
        var temporary = path + ".tmp";
        var entries = new List<TensorEntry>(ordered.Count);
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            stream.Write(header);
            foreach (var (name, type, shape, data) in ordered)
            {
                entries.Add(new TensorEntry(name, type, shape, stream.Position, data.Length));
                stream.Write(data.Span);
            }
        }

        File.Move(temporary, path, overwrite: true);
        return entries;
    }

    private byte[] BuildHeader(List<(string Name, TensorType Type, long[] Shape, ReadOnlyMemory<byte> Data)> tensors)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            if (Metadata.Count > 0)
            {
                writer.WriteStartObject("__metadata__");
                foreach (var (key, value) in Metadata)
                {
                    writer.WriteString(key, value);
                }

                writer.WriteEndObject();
            }

            long offset = 0;
            foreach (var (name, type, shape, data) in tensors)
            {
                writer.WriteStartObject(name);
                writer.WriteString("dtype", type.ToName());
                WriteNumbers(writer, "shape", shape);
                WriteNumbers(writer, "data_offsets", [offset, offset + data.Length]);
                writer.WriteEndObject();
                offset += data.Length;
            }

            writer.WriteEndObject();
        }

        var padding = (Alignment - (int)((8 + json.Length) % Alignment)) % Alignment;
        json.Write(Encoding.ASCII.GetBytes(new string(' ', padding)));
        var header = new byte[8 + json.Length];
        BinaryPrimitives.WriteInt64LittleEndian(header, json.Length);
        json.GetBuffer().AsSpan(0, (int)json.Length).CopyTo(header.AsSpan(8));
        return header;
    }

    private static void WriteNumbers(Utf8JsonWriter writer, string name, ReadOnlySpan<long> numbers)
    {
        writer.WriteStartArray(name);
        foreach (var number in numbers)
        {
            writer.WriteNumberValue(number);
        }

        writer.WriteEndArray();
    }
}
