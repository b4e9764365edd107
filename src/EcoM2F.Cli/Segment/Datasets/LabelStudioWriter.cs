using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using EcoM2F.Inference.Files;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Results;

namespace EcoM2F.Cli.Segment.Datasets;

/// <summary>
/// Label Studio: <c>labelstudio/tasks.json</c> with a task for each image and the result as its prediction, to be corrected there, and
/// <c>labelstudio/config.xml</c>, the labelling interface with the model's classes and colours. Masks are brush labels, boxes rectangles.
/// </summary>
internal sealed class LabelStudioWriter : IDatasetWriter
{
    public const string Name = "labelstudio";

    private const string LabelControl = "label";
    private const string ImageObject = "image";

    private readonly DatasetHeader _header;
    private readonly GrowingJsonFile _tasks;
    private bool _hasBoxes;

    public LabelStudioWriter(DatasetHeader header)
    {
        _header = header;
        _tasks = new GrowingJsonFile(Path.Combine(header.Output, Name, "tasks.json"));
        _tasks.Json.WriteStartArray();
    }

    public void Add(DatasetEntry entry)
    {
        var json = _tasks.Json;
        json.WriteStartObject();
        json.WriteStartObject("data");

        // As Label Studio's local storage serves the files of its root; another prefix is put in place by searching and replacing it.
        json.WriteString(ImageObject, $"/data/local-files/?d={string.Join('/', entry.Name.Split('/').Select(Uri.EscapeDataString))}");
        json.WriteEndObject();
        json.WriteStartArray("predictions");
        json.WriteStartObject();
        json.WriteString("model_version", $"{_header.Model.Name} {_header.Model.Version}");
        json.WriteStartArray("result");
        WriteRegions(entry);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        _tasks.FlushIfLong();
    }

    public IReadOnlyList<string> Complete()
    {
        _tasks.Json.WriteEndArray();
        var config = Path.Combine(_header.Output, Name, "config.xml");
        AtomicFile.Write(config, $"{config}.{Guid.NewGuid():N}.tmp", Encoding.UTF8.GetBytes(Config().ToString()));
        return [_tasks.Complete(), config];
    }

    public void Dispose() => _tasks.Dispose();

    private XElement Config()
    {
        var labels = new XElement(_hasBoxes ? "RectangleLabels" : "BrushLabels", new XAttribute("name", LabelControl), new XAttribute("toName", ImageObject));
        foreach (var category in _header.Model.Classes.DistinctBy(static category => category.Name))
        {
            labels.Add(new XElement("Label", new XAttribute("value", category.Name), new XAttribute("background", category.Color)));
        }

        return new XElement("View", new XElement("Image", new XAttribute("name", ImageObject), new XAttribute("value", $"${ImageObject}")), labels);
    }

    private void WriteRegions(DatasetEntry entry)
    {
        var result = entry.Result;
        var number = 0;
        foreach (var segment in (result.Panoptic ?? result.Semantic)?.SegmentsInfo ?? [])
        {
            WriteRegion(entry, ++number, (segment.Category, segment.Score), value => WriteBrush(value, segment.Segmentation!));
        }

        foreach (var instance in result.Instance ?? [])
        {
            WriteRegion(entry, ++number, (instance.Category, instance.Score), value => WriteBrush(value, instance.Segmentation!));
        }

        foreach (var detected in result.Detection ?? [])
        {
            _hasBoxes = true;
            WriteRegion(entry, ++number, (detected.Category, detected.Score), value => WriteRectangle(value, detected.Bbox, result.Image), "rectanglelabels");
        }
    }

    private void WriteRegion(DatasetEntry entry, int number, (string Category, double Score) what, Action<Utf8JsonWriter> writeShape, string type = "brushlabels")
    {
        var json = _tasks.Json;
        json.WriteStartObject();
        json.WriteString("id", number.ToString(CultureInfo.InvariantCulture));
        json.WriteString("type", type);
        json.WriteString("from_name", LabelControl);
        json.WriteString("to_name", ImageObject);
        json.WriteNumber("original_width", entry.Result.Image.Width);
        json.WriteNumber("original_height", entry.Result.Image.Height);
        json.WriteNumber("image_rotation", 0);
        json.WriteNumber("score", what.Score);
        json.WriteStartObject("value");
        writeShape(json);
        json.WriteStartArray(type);
        json.WriteStringValue(what.Category);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        _tasks.FlushIfLong();
    }

    private static void WriteBrush(Utf8JsonWriter json, RleBody mask)
    {
        json.WriteString("format", "rle");
        json.WriteStartArray("rle");
        foreach (var value in LabelStudioRle.Encode(new CocoRle(mask.Size[0], mask.Size[1], mask.Counts)))
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    /// <summary>In percent of the image.</summary>
    private static void WriteRectangle(Utf8JsonWriter json, IReadOnlyList<double> box, ImageBody image)
    {
        json.WriteNumber("x", Percent(box[0], image.Width));
        json.WriteNumber("y", Percent(box[1], image.Height));
        json.WriteNumber("width", Percent(box[2], image.Width));
        json.WriteNumber("height", Percent(box[3], image.Height));
        json.WriteNumber("rotation", 0);
    }

    private static double Percent(double pixels, int side) => Math.Round(100 * pixels / side, 4);
}
