using System.Text.Json;
using EcoM2F.Inference.Models;

namespace EcoM2F.Cli.Segment.Datasets;

/// <summary>What a data set says about all of its images.</summary>
/// <param name="Output">Full path of the output folder.</param>
internal sealed record DatasetHeader(string Output, ModelManifest Model)
{
    /// <summary>COCO's <c>info</c>, without a date: the same results give the same file.</summary>
    public void WriteInfo(Utf8JsonWriter json)
    {
        json.WriteStartObject("info");
        json.WriteString("description", "Made by ecom2f segment");
        json.WriteString("model", Model.Name);
        json.WriteString("version", Model.Version);
        json.WriteEndObject();
    }

    /// <summary>COCO's <c>categories</c>: the model's classes under the model's own ids, in its order.</summary>
    public void WriteCategories(Utf8JsonWriter json)
    {
        json.WriteStartArray("categories");
        foreach (var category in Model.Classes)
        {
            var color = Convert.FromHexString(category.Color.AsSpan(1));
            json.WriteStartObject();
            json.WriteNumber("id", category.Id);
            json.WriteString("name", category.Name);
            json.WriteNumber("isthing", category.Isthing ? 1 : 0);
            json.WriteStartArray("color");
            foreach (var channel in color)
            {
                json.WriteNumberValue(channel);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
