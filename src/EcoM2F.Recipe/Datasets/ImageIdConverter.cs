using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using EcoM2F.Inference.Json;

namespace EcoM2F.Recipe.Datasets;

/// <summary>Whole numbers (COCO) and text (Cityscapes) alike; 7.0 is 7, as in Python.</summary>
internal sealed class ImageIdConverter : JsonConverter<string?>
{
    /// <summary>Numbers by value, as pycocotools orders images; text after them.</summary>
    public static IComparer<string> Order { get; } = Comparer<string>.Create(static (left, right) =>
        (long.TryParse(left, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var a), long.TryParse(right, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var b)) switch
        {
            (true, true) => a.CompareTo(b),
            (true, false) => -1,
            (false, true) => 1,
            _ => string.CompareOrdinal(left, right),
        });

    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Number when WholeNumberConverter.TryRead(ref reader) is { } number => number.ToString(CultureInfo.InvariantCulture),
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Null => null,
        _ => throw new JsonException("a whole number or text was expected."),
    };

    public override void Write(Utf8JsonWriter writer, string? value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
