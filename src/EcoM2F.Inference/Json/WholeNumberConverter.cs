using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EcoM2F.Inference.Json;

/// <summary>Whole numbers, also as Python tools write them: 96.0 is 96.</summary>
public sealed class WholeNumberConverter : JsonConverter<int>
{
    private const string Expected = "a whole number was expected.";

    public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TryRead(ref reader) is { } number and >= int.MinValue and <= int.MaxValue ? (int)number : throw new JsonException(Expected);

    public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) => writer.WriteNumberValue(value);

    public override int ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        int.TryParse(reader.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw new JsonException("the key must be a whole number.");

    public override void WriteAsPropertyName(Utf8JsonWriter writer, int value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.ToString(CultureInfo.InvariantCulture));

    /// <returns>Null where the value is not a number, has a fraction, or does not fit.</returns>
    public static long? TryRead(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.Number)
        {
            return null;
        }

        if (reader.TryGetInt64(out var whole))
        {
            return whole;
        }

        // A decimal holds every 64-bit number exactly, which a double does not.
        return reader.TryGetDecimal(out var number) && decimal.IsInteger(number) && number is >= long.MinValue and <= long.MaxValue ? (long)number : null;
    }
}
