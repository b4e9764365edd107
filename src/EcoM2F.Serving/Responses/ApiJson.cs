using System.Text.Encodings.Web;
using System.Text.Json.Serialization;

namespace EcoM2F.Serving.Responses;

/// <summary>Serialisation of every JSON body but problems.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SegmentationBody))]
[JsonSerializable(typeof(ModelListBody))]
[JsonSerializable(typeof(ModelBody))]
[JsonSerializable(typeof(HealthBody))]
[JsonSerializable(typeof(OrderedDictionary<string, double>))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>The default encoder would escape the &lt;, &gt; and + that run-length encodings are full of.</summary>
    public static ApiJson Relaxed => field ??= new(new(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
