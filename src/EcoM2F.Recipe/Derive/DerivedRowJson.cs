using System.Text.Json;
using System.Text.Json.Serialization;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Json;

namespace EcoM2F.Recipe.Derive;

/// <summary>A line as it may come: everything is optional here, and asked for with a message where it is needed.</summary>
internal sealed record DerivedRowJson(
    string? Image,
    int[]? Exits,
    double?[]? Quality,
    float[]? Pooled,
    int[]? Size,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Dictionary<string, double>? Milliseconds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Model,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Dataset)
{
    private static readonly DerivedRowContext Relaxed = new(new JsonSerializerOptions(DerivedRowContext.Default.Options)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static DerivedRowJson Of(DerivedRow row) => new(
        row.Image,
        [.. row.Depths],
        [.. row.Quality.Select(static value => double.IsNaN(value) ? (double?)null : value)],
        row.Pooled,
        [row.Points[0].Input.Height, row.Points[0].Input.Width],
        row.Times?.All.ToDictionary(static time => time.Stage.ToName(), static time => time.Milliseconds),
        row.Model,
        row.Dataset);

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Relaxed.DerivedRowJson);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(WholeNumberConverter)],
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(DerivedRowJson))]
internal sealed partial class DerivedRowContext : JsonSerializerContext;
