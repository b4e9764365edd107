using System.Text.Json;

namespace EcoM2F.Deploy.Tests.Grafana;

/// <summary>A panel of a dashboard, or a row's heading.</summary>
internal sealed record Panel(JsonElement Json)
{
    public int Id => Json.GetProperty("id").GetInt32();

    public string Type => Json.GetProperty("type").GetString()!;

    public string Title => Json.GetProperty("title").GetString()!;

    public bool IsRow => Type == "row";

    public GridPosition Position => Json.GetProperty("gridPos").Deserialize<GridPosition>(JsonSerializerOptions.Web)!;

    public JsonElement Defaults => Json.GetProperty("fieldConfig").GetProperty("defaults");

    public IEnumerable<JsonElement> Targets => IsRow ? [] : Json.GetProperty("targets").EnumerateArray();

    /// <summary>Every unit that it or one of its overrides names.</summary>
    public IEnumerable<string> Units => Json.GetProperty("fieldConfig").GetProperty("overrides").EnumerateArray()
        .SelectMany(static each => each.GetProperty("properties").EnumerateArray())
        .Where(static property => property.GetProperty("id").GetString() == "unit")
        .Select(static property => property.GetProperty("value").GetString()!)
        .Prepend(Defaults.GetProperty("unit").GetString()!);
}
