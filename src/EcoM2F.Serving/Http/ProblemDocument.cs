using System.Text.Encodings.Web;
using System.Text.Json.Serialization;

namespace EcoM2F.Serving.Http;

/// <summary>RFC 9457, with two members of ours.</summary>
/// <param name="Type">URI reference of the kind; docs/problems.md.</param>
/// <param name="Detail">What was wrong this time.</param>
/// <param name="Field">The parameter, header key or form part it is about.</param>
/// <param name="Allowed">What the field may be.</param>
/// <param name="TraceId">The same as in the service's log.</param>
internal sealed record ProblemDocument(
    string Type,
    string Title,
    int Status,
    string? Detail = null,
    string? Field = null,
    string? Allowed = null,
    string? TraceId = null)
{
    public const string ContentType = "application/problem+json";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProblemDocument))]
internal sealed partial class ProblemJson : JsonSerializerContext
{
    /// <summary>Details quote header values; escaping them would only make them harder to read.</summary>
    public static ProblemJson Readable => field ??= new(new(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
