using System.Text.Json;
using System.Text.Json.Serialization;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Json;

namespace EcoM2F.Recipe.Derive;

/// <summary>A line as it may come: everything is optional here, and asked for with a message where it is needed.</summary>
internal sealed record DerivedRowJson(
    string? Image,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int[]? Exits,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DerivedPointJson[]? Points,
    double?[]? Quality,
    float[]? Pooled,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int[]? Size,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Dictionary<string, double>? Milliseconds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Model,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Dataset,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Precision,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reference)
{
    private static readonly DerivedRowContext Relaxed = new(new JsonSerializerOptions(DerivedRowContext.Default.Options)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static DerivedRowJson Of(DerivedRow row) => new(
        row.Image,
        row.HasPoints ? null : [.. row.Depths],
        row.HasPoints ? [.. row.Points.Select(DerivedPointJson.Of)] : null,
        [.. row.Quality.Select(static value => double.IsNaN(value) ? (double?)null : value)],
        row.Pooled,
        row.HasPoints ? null : [row.Points[0].Input.Height, row.Points[0].Input.Width],
        row.Times?.All.ToDictionary(static time => time.Stage.ToName(), static time => time.Milliseconds),
        row.Model,
        row.Dataset,
        row.Precision,
        row.Reference);

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Relaxed.DerivedRowJson);
}

/// <param name="Size">Shortest edge of the model's size.</param>
/// <param name="Input">Height and width of the model's input.</param>
/// <param name="DecoderDepth">Of a model with decoder exits.</param>
internal sealed record DerivedPointJson(
    int? Size, int? Depth, int[]? Input, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? DecoderDepth = null)
{
    public static DerivedPointJson Of(ComputePoint point) => new(point.Size, point.Depth, [point.Input.Height, point.Input.Width], point.DecoderDepth);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(WholeNumberConverter)],
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(DerivedRowJson))]
internal sealed partial class DerivedRowContext : JsonSerializerContext;
