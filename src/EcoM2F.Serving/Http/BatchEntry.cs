using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace EcoM2F.Serving.Http;

/// <summary>One line of a batch's answer.</summary>
/// <param name="Index">Place of the image in the form, from 0.</param>
/// <param name="Name">The part's file name; null where it has none.</param>
/// <param name="Status">What <c>/v1/segment</c> would have answered.</param>
/// <param name="Result">The JSON of a result where the status is 200; otherwise empty.</param>
/// <param name="Problem">Why there is no result.</param>
internal sealed record BatchEntry(int Index, string? Name, int Status, ReadOnlyMemory<byte> Result, ProblemDocument? Problem = null)
{
    public const string ContentType = "application/x-ndjson";

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the line with its end.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        using (var json = new Utf8JsonWriter(output, Readable))
        {
            json.WriteStartObject();
            json.WriteNumber("index", Index);
            json.WriteString("name", Name);
            json.WriteNumber("status", Status);
            if (Problem is not null)
            {
                json.WritePropertyName("problem");
                JsonSerializer.Serialize(json, Problem, ProblemJson.Readable.ProblemDocument);
            }
            else
            {
                json.WritePropertyName("result");
                json.WriteRawValue(Result.Span, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }
}
