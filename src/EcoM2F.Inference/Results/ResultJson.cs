using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EcoM2F.Inference.Results;

/// <summary>A result as JSON: the same bytes over HTTP and from the command line.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SegmentationBody))]
[JsonSerializable(typeof(OrderedDictionary<string, double>))]
public sealed partial class ResultJson : JsonSerializerContext
{
    /// <summary>The default encoder would escape the &lt;, &gt; and + that run-length encodings are full of.</summary>
    private static ResultJson Relaxed => field ??= new(new(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <returns>UTF-8.</returns>
    public static byte[] Serialize(SegmentationResult result) => JsonSerializer.SerializeToUtf8Bytes(result.ToBody(), Relaxed.SegmentationBody);
}
