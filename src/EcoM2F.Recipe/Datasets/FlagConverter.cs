using System.Text.Json;
using System.Text.Json.Serialization;
using EcoM2F.Inference.Json;

namespace EcoM2F.Recipe.Datasets;

/// <summary>COCO's flags: 0 and 1; true and false are understood too.</summary>
internal sealed class FlagConverter : JsonConverter<bool?>
{
    public override bool? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Number when WholeNumberConverter.TryRead(ref reader) is (0 or 1) and { } number => number == 1,
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        JsonTokenType.Null => null,
        _ => throw new JsonException("0 or 1 was expected."),
    };

    public override void Write(Utf8JsonWriter writer, bool? value, JsonSerializerOptions options) => writer.WriteNumberValue(value == true ? 1 : 0);
}
