using System.Buffers.Binary;
using System.Numerics.Tensors;
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

    private readonly List<(string Name, TensorType Type, long[] Shape, long Length, Action<Stream> Write)> _tensors = [];
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
        CheckLength(name, Length(type, shape), data.Length, shape.ToArray());
        Add(name, type, shape.ToArray(), stream => stream.Write(data.Span));
    }

    /// <summary>A tensor that is made only when its turn to be written comes, so that a large file needs no memory of its size.</summary>
    public void Add(string name, Func<float[]> values, params long[] shape) => Add(name, TensorType.F32, values, shape);

    /// <param name="type">F32, or F16 to round to it.</param>
    /// <exception cref="SafetensorsException">When it is written: a value is beyond fp16.</exception>
    public void Add(string name, TensorType type, Func<float[]> values, params long[] shape) => Add(name, type, shape, stream =>
    {
        var floats = values();
        var bytes = type == TensorType.F16 ? MemoryMarshal.AsBytes<Half>(Narrow(name, floats)) : MemoryMarshal.AsBytes<float>(floats);
        CheckLength(name, Length(type, shape), bytes.Length, shape);
        stream.Write(bytes);
    });

    /// <returns>Where each tensor was put.</returns>
    public IReadOnlyList<TensorEntry> Write(string path)
    {
        var ordered = _tensors
            .OrderBy(t => t.Length % Alignment == 0 ? 0 : 1)
            .ThenBy(t => t.Name, StringComparer.Ordinal)
            .ToList();
        var header = BuildHeader(ordered);
        var temporary = path + ".tmp";
        var entries = new List<TensorEntry>(ordered.Count);
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            stream.Write(header);
            foreach (var (name, type, shape, length, write) in ordered)
            {
                entries.Add(new TensorEntry(name, type, shape, stream.Position, length));
                write(stream);
            }
        }

        File.Move(temporary, path, overwrite: true);
        return entries;
    }

    private void Add(string name, TensorType type, long[] shape, Action<Stream> write)
    {
        if (!_names.Add(name))
        {
            throw new SafetensorsException($"Tensor '{name}' was added twice.");
        }

        _tensors.Add((name, type, shape, Length(type, shape), write));
    }

    private static Half[] Narrow(string name, float[] values)
    {
        var halves = new Half[values.Length];
        TensorPrimitives.ConvertToHalf(values, halves);
        for (var i = 0; i < halves.Length; i++)
        {
            if (Half.IsInfinity(halves[i]) && float.IsFinite(values[i]))
            {
                throw new SafetensorsException($"Tensor '{name}' holds {values[i]}; fp16 reaches {Half.MaxValue}.");
            }
        }

        return halves;
    }

    private static long Length(TensorType type, ReadOnlySpan<long> shape)
    {
        long bytes = type.Size();
        foreach (var dim in shape)
        {
            bytes = checked(bytes * dim);
        }

        return bytes;
    }

    private static void CheckLength(string name, long expected, long found, long[] shape)
    {
        if (expected != found)
        {
            throw new SafetensorsException($"Tensor '{name}' of shape [{string.Join(", ", shape)}] needs {expected} bytes but has {found}.");
        }
    }

    private byte[] BuildHeader(List<(string Name, TensorType Type, long[] Shape, long Length, Action<Stream> Write)> tensors)
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
            foreach (var (name, type, shape, length, _) in tensors)
            {
                writer.WriteStartObject(name);
                writer.WriteString("dtype", type.ToName());
                WriteNumbers(writer, "shape", shape);
                WriteNumbers(writer, "data_offsets", [offset, offset + length]);
                writer.WriteEndObject();
                offset += length;
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
