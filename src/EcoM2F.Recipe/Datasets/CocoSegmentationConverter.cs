using System.Text.Json;
using System.Text.Json.Serialization;
using EcoM2F.Inference.Json;

namespace EcoM2F.Recipe.Datasets;

/// <summary>A list of polygons, or an object with <c>size</c> and <c>counts</c>, which are numbers or text.</summary>
internal sealed class CocoSegmentationConverter : JsonConverter<CocoSegmentation?>
{
    private const string Expected = "a list of polygons, or an object with 'size' and 'counts', was expected.";

    public override CocoSegmentation? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.StartArray => new CocoSegmentation(Polygons: ReadPolygons(ref reader)),
        JsonTokenType.StartObject => ReadRuns(ref reader),
        _ => throw new JsonException(Expected),
    };

    public override void Write(Utf8JsonWriter writer, CocoSegmentation? value, JsonSerializerOptions options) => throw new NotSupportedException();

    private static double[][] ReadPolygons(ref Utf8JsonReader reader)
    {
        var polygons = new List<double[]>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                throw new JsonException(Expected);
            }

            var polygon = new List<double>();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                polygon.Add(reader.TokenType == JsonTokenType.Number ? reader.GetDouble() : throw new JsonException("a polygon is a list of numbers."));
            }

            polygons.Add([.. polygon]);
        }

        return [.. polygons];
    }

    private static CocoSegmentation ReadRuns(ref Utf8JsonReader reader)
    {
        var result = new CocoSegmentation();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "size":
                    result = result with { Size = ReadNumbers(ref reader, name) };
                    break;
                case "counts" when reader.TokenType == JsonTokenType.String:
                    result = result with { Text = reader.GetString() };
                    break;
                case "counts":
                    result = result with { Counts = ReadNumbers(ref reader, name) };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return result;
    }

    private static int[] ReadNumbers(ref Utf8JsonReader reader, string name)
    {
        var numbers = new List<int>();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException($"'{name}' must be a list of whole numbers.");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            numbers.Add(WholeNumberConverter.TryRead(ref reader) is { } number and >= int.MinValue and <= int.MaxValue
                ? (int)number
                : throw new JsonException($"'{name}' must be a list of whole numbers."));
        }

        return [.. numbers];
    }
}
