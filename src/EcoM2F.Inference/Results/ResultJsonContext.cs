using System.Text.Encodings.Web;
using System.Text.Json.Serialization;

namespace EcoM2F.Inference.Results;

/// <summary>How a result is written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SegmentationBody))]
[JsonSerializable(typeof(OrderedDictionary<string, double>))]
internal sealed partial class ResultJsonContext : JsonSerializerContext
{
    /// <summary>The default encoder would escape the &lt;, &gt; and + that run-length encodings are full of.</summary>
    public static ResultJsonContext Relaxed => field ??= new(new(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
