using System.Text.Json;
using System.Text.Json.Serialization;

namespace EcoM2F.Recipe.Datasets;

/// <summary>DATASET: the parts of a set, relative to the file itself.</summary>
internal sealed record DatasetFile
{
    public string? Task { get; init; }

    public string? Images { get; init; }

    public string? Annotations { get; init; }

    public string? Segments { get; init; }

    public string? Labels { get; init; }

    public string? Mapping { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
