using System.Buffers.Binary;
using System.Text.Json;
using EcoM2F.Inference.Json;

namespace EcoM2F.Inference.Safetensors;

/// <summary>
/// Reads and checks the header: 8 bytes little-endian length, then JSON that gives each tensor's type, shape and byte range.
/// Everything is checked before any of it is used, for files come from strangers. Format: https://huggingface.co/docs/safetensors.
/// </summary>
internal static class SafetensorsHeader
{
    /// <summary>The reference implementation's limit.</summary>
    private const long MaxHeaderBytes = 100_000_000;

    /// <summary>Characters; names occur in messages.</summary>
    private const int LongestName = 1024;

    /// <summary>Dimensions; networks have up to six.</summary>
    private const int HighestRank = 16;

    public static (IReadOnlyList<TensorEntry> Tensors, IReadOnlyDictionary<string, string> Metadata) Read(Stream stream, string file)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (stream.Length < 8)
        {
            throw new SafetensorsException(stream.Length == 0 ? $"{file} is empty." : $"{file}: {stream.Length} bytes are too few for a safetensors file.");
        }

        stream.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        CheckSignature(stream, file);
        if (length > MaxHeaderBytes)
        {
            throw new SafetensorsException($"{file} is not a safetensors file: its first bytes give its header {length} bytes; allowed are at most {MaxHeaderBytes}.");
        }

        if ((long)length > stream.Length - prefix.Length)
        {
            throw new SafetensorsException(
                $"{file} is cut short: its header should have {length} bytes, and the file has {stream.Length - prefix.Length} after the header's length; download it again.");
        }

        var json = new byte[length];
        stream.ReadExactly(json);
        try
        {
            using var document = JsonDocument.Parse(json);
            return Parse(document.RootElement, file, 8 + (long)length, stream.Length);
        }
        catch (JsonException exception)
        {
            throw new SafetensorsException($"{file}: the header is not JSON: {JsonProblem.Of(exception)}.", exception);
        }
        catch (InvalidOperationException exception)
        {
            throw new SafetensorsException($"{file}: the header is not JSON: it has text that is not Unicode.", exception);
        }
    }

    /// <summary>Leaves the stream where it was.</summary>
    /// <exception cref="SafetensorsException">It is a known file of another kind, whatever its name says.</exception>
    private static void CheckSignature(Stream stream, string file)
    {
        var position = stream.Position;
        stream.Position = 0;
        Span<byte> start = stackalloc byte[FileSignature.Length];
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        stream.Position = position;
        if (start[(int)position..] is not [(byte)'{', ..] && FileSignature.Identify(start) is { } description)
        {
            throw new SafetensorsException($"{file} {description}.");
        }
    }

    private static (IReadOnlyList<TensorEntry>, IReadOnlyDictionary<string, string>) Parse(JsonElement root, string file, long dataStart, long fileLength)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new SafetensorsException($"{file}: the header is not a JSON object.");
        }

        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var tensors = new List<TensorEntry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in root.EnumerateObject())
        {
            CheckName(property.Name, file);
            if (!names.Add(property.Name))
            {
                throw new SafetensorsException($"{file}: '{property.Name}' occurs twice.");
            }

            if (property.Name == "__metadata__")
            {
                ReadMetadata(property.Value, metadata, file);
            }
            else
            {
                tensors.Add(ReadTensor(property, file, dataStart, fileLength));
            }
        }

        tensors.Sort(static (a, b) => a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset) : a.Length.CompareTo(b.Length));
        CheckContiguous(tensors, file, dataStart, fileLength);
        return (tensors, metadata);
    }

    /// <summary>Any language's letters, but nothing that a terminal would act on.</summary>
    private static void CheckName(string name, string file)
    {
        if (name.Length is 0 or > LongestName || name.Any(char.IsControl))
        {
            var shown = string.Concat(name.Take(40).Select(c => char.IsControl(c) ? '?' : c));
            throw new SafetensorsException(
                $"{file}: the name '{shown}' of {name.Length} characters is not allowed; allowed are 1 to {LongestName} without control characters.");
        }
    }

    private static void ReadMetadata(JsonElement element, Dictionary<string, string> metadata, string file)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new SafetensorsException($"{file}: __metadata__ is not an object of strings.");
        }

        foreach (var property in element.EnumerateObject())
        {
            metadata[property.Name] = property.Value.ValueKind == JsonValueKind.String
                ? property.Value.GetString()!
                : throw new SafetensorsException($"{file}: __metadata__ '{property.Name}' is not a string.");
        }
    }

    private static TensorEntry ReadTensor(JsonProperty property, string file, long dataStart, long fileLength)
    {
        var name = property.Name;
        var value = property.Value;
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out var shape) || shape.ValueKind != JsonValueKind.Array
            || !value.TryGetProperty("data_offsets", out var range) || range.ValueKind != JsonValueKind.Array || range.GetArrayLength() != 2)
        {
            throw new SafetensorsException($"{file}: tensor '{name}' needs dtype (string), shape (array) and data_offsets (two numbers).");
        }

        var type = TensorTypes.Parse(dtype.GetString())
            ?? throw new SafetensorsException($"{file}: tensor '{name}' has the unknown dtype '{Short(dtype.GetString()!)}'.");
        if (shape.GetArrayLength() > HighestRank)
        {
            throw new SafetensorsException($"{file}: tensor '{name}' has {shape.GetArrayLength()} dimensions; at most {HighestRank} are read.");
        }

        var dims = shape.EnumerateArray().Select(d => ReadNumber(d, file, name, "shape")).ToArray();
        var begin = ReadNumber(range[0], file, name, "data_offsets");
        var end = ReadNumber(range[1], file, name, "data_offsets");
        if (begin > end)
        {
            throw new SafetensorsException($"{file}: tensor '{name}' starts at byte {begin} of the data and ends at byte {end}.");
        }

        if (end > fileLength - dataStart)
        {
            throw new SafetensorsException(
                $"{file}: tensor '{name}' ends at byte {end} of the data, of which the file has {fileLength - dataStart}; where it was cut short, download it again.");
        }

        long expected = type.Size();
        try
        {
            foreach (var dim in dims)
            {
                expected = checked(expected * dim);
            }
        }
        catch (OverflowException exception)
        {
            throw new SafetensorsException($"{file}: tensor '{name}' has a shape too large to count.", exception);
        }

        return expected == end - begin
            ? new TensorEntry(name, type, dims, dataStart + begin, expected)
            : throw new SafetensorsException(
                $"{file}: tensor '{name}' of shape [{string.Join(", ", dims)}] needs {expected} bytes but has {end - begin}.");
    }

    private static string Short(string text) => text.Length > 40 ? text[..40] + "..." : text;

    private static long ReadNumber(JsonElement element, string file, string tensor, string key) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var number) && number >= 0
            ? number
            : throw new SafetensorsException($"{file}: tensor '{tensor}': {key} must hold whole numbers from 0.");

    private static void CheckContiguous(List<TensorEntry> tensors, string file, long dataStart, long fileLength)
    {
        var position = dataStart;
        foreach (var tensor in tensors)
        {
            if (tensor.Offset != position)
            {
                throw new SafetensorsException(
                    $"{file}: tensor '{tensor.Name}' starts at byte {tensor.Offset - dataStart} of the data; "
                    + $"{position - dataStart} was expected (tensors neither overlap nor leave gaps).");
            }

            position += tensor.Length;
        }

        if (position != fileLength)
        {
            throw new SafetensorsException($"{file}: {fileLength - position} bytes follow the last tensor.");
        }
    }
}
