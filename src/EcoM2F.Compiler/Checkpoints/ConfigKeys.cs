using System.Text.Json;
using System.Text.Json.Nodes;
using EcoM2F.Inference.Json;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Compiler.Checkpoints;

/// <summary>Typed reading of a JSON object; every error names file, key, value and what is allowed.</summary>
internal sealed class ConfigKeys(JsonObject json, string file, string path = "")
{
    /// <summary>Far beyond any configuration.</summary>
    private const long MaxBytes = 16 << 20;

    /// <exception cref="CompileException">Absent, too long, not JSON (duplicate keys are not), or not an object.</exception>
    public static JsonObject Load(string file)
    {
        if (!System.IO.File.Exists(file))
        {
            throw new CompileException($"{file} does not exist.");
        }

        if (new FileInfo(file).Length > MaxBytes)
        {
            throw new CompileException($"{file}: it has more than {MaxBytes} bytes, too many for a configuration.");
        }

        try
        {
            var bytes = JsonFile.ReadBytes(file);
            if (FileSignature.Identify(bytes.AsSpan(0, Math.Min(bytes.Length, FileSignature.Length))) is { } description)
            {
                throw new CompileException($"{file} {description}.");
            }

            CheckTexts(bytes);
            return JsonNode.Parse(bytes, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject
                ?? throw new CompileException($"{file}: a JSON object was expected.");
        }
        catch (JsonException exception)
        {
            throw new CompileException($"{file} cannot be read as JSON: {JsonProblem.Of(exception)}.", exception);
        }
        catch (InvalidOperationException exception)
        {
            throw new CompileException($"{file} cannot be read as JSON: it has text that is not Unicode.", exception);
        }
    }

    /// <summary>Texts that are no Unicode would only be found when they are read.</summary>
    /// <exception cref="InvalidOperationException">One is not.</exception>
    private static void CheckTexts(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
            {
                reader.GetString();
            }
        }
    }

    /// <summary>Where the keys were read, for messages.</summary>
    public string File => file;

    /// <summary>The keys of a file's one object.</summary>
    /// <exception cref="CompileException">See <see cref="Load"/>.</exception>
    public static ConfigKeys Open(string file) => new(Load(file), file);

    public bool Has(string key) => json[key] is not null;

    public bool IsNumber(string key) => json[key]?.GetValueKind() == JsonValueKind.Number;

    public int Int(string key, int absent, int min = 1, int max = 65536)
    {
        if (json[key] is not { } node)
        {
            return absent;
        }

        return Whole(node) is { } number && number >= min && number <= max
            ? number
            : throw Error(key, $"a whole number from {min} to {max}");
    }

    public double Double(string key, double absent, double min, double max)
    {
        if (json[key] is not { } node)
        {
            return absent;
        }

        return node is JsonValue value && value.TryGetValue<double>(out var number) && number >= min && number <= max
            ? number
            : throw Error(key, $"a number from {min} to {max}");
    }

    public string? Text(string key, string? absent)
    {
        if (json[key] is not { } node)
        {
            return absent;
        }

        return node is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw Error(key, "a string");
    }

    public bool Bool(string key, bool absent)
    {
        if (json[key] is not { } node)
        {
            return absent;
        }

        return node is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : throw Error(key, "true or false");
    }

    public IReadOnlyList<int> Ints(string key, int[] absent)
    {
        if (json[key] is not { } node)
        {
            return absent;
        }

        return node is JsonArray array && array.All(static n => Whole(n) is not null)
            ? [.. array.Select(static n => Whole(n)!.Value)]
            : throw Error(key, "a list of whole numbers");
    }

    /// <summary>Exactly so many, each within its range.</summary>
    public IReadOnlyList<int> Ints(string key, int[] absent, int count, int min, int max)
    {
        var numbers = Ints(key, absent);
        return numbers.Count == count && numbers.All(n => n >= min && n <= max)
            ? numbers
            : throw Error(key, $"{count} whole numbers from {min} to {max}");
    }

    public IReadOnlyList<float> Floats(string key, float[] absent)
    {
        if (json[key] is not { } node)
        {
            return absent;
        }

        return node is JsonArray array && array.Count == absent.Length && array.All(n => n is JsonValue v && v.TryGetValue<float>(out _))
            ? [.. array.Select(n => n!.GetValue<float>())]
            : throw Error(key, $"{absent.Length} numbers");
    }

    public JsonObject? Object(string key) => json[key] switch
    {
        null => null,
        JsonObject value => value,
        _ => throw Error(key, "an object"),
    };

    /// <summary>The keys of an object inside this one; null where there is none.</summary>
    public ConfigKeys? Section(string key) => Object(key) is { } section ? new ConfigKeys(section, file, $"{path}{key}.") : null;

    public JsonArray? Array(string key) => json[key] switch
    {
        null => null,
        JsonArray value => value,
        _ => throw Error(key, "a list"),
    };

    public void RequireInt(string key, int value)
    {
        if (Int(key, value) != value)
        {
            throw Error(key, $"{value}");
        }
    }

    public void Require(string key, bool value, bool absent)
    {
        if (Bool(key, absent) != value)
        {
            throw Error(key, value ? "true" : "false");
        }
    }

    public void Require(string key, string value, string absent)
    {
        if (Text(key, absent) != value)
        {
            throw Error(key, $"'{value}'");
        }
    }

    /// <summary>A list of these strings, or no list.</summary>
    public void RequireTexts(string key, params ReadOnlySpan<string> values)
    {
        if (Array(key) is not { } array)
        {
            return;
        }

        var found = array.Select(n => n is JsonValue v && v.TryGetValue<string>(out var text) ? text : null).ToArray();
        if (!values.SequenceEqual(found))
        {
            throw Error(key, $"[{string.Join(", ", values.ToArray())}]");
        }
    }

    public void RequireInts(string key, int[] value)
    {
        if (!Ints(key, value).SequenceEqual(value))
        {
            throw Error(key, $"[{string.Join(", ", value)}]");
        }
    }

    /// <summary>No other keys may be there.</summary>
    public void Allow(params ReadOnlySpan<string> keys)
    {
        foreach (var (key, _) in json)
        {
            if (!keys.Contains(key))
            {
                throw new CompileException($"{file}: the key '{path}{key}' is unknown; allowed are {string.Join(", ", keys.ToArray())}.");
            }
        }
    }

    /// <summary>Values as a message lists them: 'a', 'b' or 'c'.</summary>
    public static string OneOf(params IReadOnlyList<string> values) => values.Count == 1
        ? $"'{values[0]}'"
        : $"{string.Join(", ", values.SkipLast(1).Select(static value => $"'{value}'"))} or '{values[^1]}'";

    public CompileException Error(string key, string allowed)
    {
        var found = json[key]?.ToJsonString() ?? "absent";
        return new CompileException($"{file}: '{path}{key}' is {(found.Length > 100 ? found[..100] + "..." : found)}; allowed: {allowed}.");
    }

    /// <returns>Null where it is not a whole number; 12.0 is one, for Python tools write such.</returns>
    private static int? Whole(JsonNode? node) => node switch
    {
        JsonValue value when value.TryGetValue<int>(out var number) => number,
        JsonValue value when value.TryGetValue<double>(out var number) && double.IsInteger(number) && number is >= int.MinValue and <= int.MaxValue => (int)number,
        _ => null,
    };
}
