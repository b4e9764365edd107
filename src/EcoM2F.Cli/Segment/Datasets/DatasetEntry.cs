using System.Text.Json;
using EcoM2F.Inference.Results;

namespace EcoM2F.Cli.Segment.Datasets;

/// <summary>One image of a data set.</summary>
/// <param name="Id">As JSON: a number, or text in quotation marks.</param>
/// <param name="Result">Masks are run lengths.</param>
internal sealed record DatasetEntry(ImageFile File, string Id, SegmentationBody Result)
{
    /// <summary>The path below the folder that it was found in, with slashes.</summary>
    public string Name => File.Name.Replace('\\', '/');

    /// <summary>An entry of COCO's <c>images</c>.</summary>
    public void WriteImage(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WritePropertyName("id");
        json.WriteRawValue(Id);
        json.WriteString("file_name", Name);
        json.WriteNumber("width", Result.Image.Width);
        json.WriteNumber("height", Result.Image.Height);
        json.WriteEndObject();
    }

    public void WriteImageId(Utf8JsonWriter json)
    {
        json.WritePropertyName("image_id");
        json.WriteRawValue(Id);
    }
}
