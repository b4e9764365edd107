using System.Text.Json;
using EcoM2F.Inference.Results;

namespace EcoM2F.Cli.Segment.Datasets;

/// <summary>
/// COCO's files of objects: <c>coco/annotations.json</c> with images, categories and annotations, as a data set has them, and
/// <c>coco/results.json</c>, the bare list that COCO's own evaluation loads. Masks are compressed run lengths.
/// </summary>
internal sealed class CocoWriter : IDatasetWriter
{
    public const string Name = "coco";

    private readonly DatasetHeader _header;
    private readonly GrowingJsonFile _annotations;
    private readonly GrowingJsonFile _results;
    private readonly List<DatasetEntry> _images = [];
    private int _written;

    public CocoWriter(DatasetHeader header)
    {
        _header = header;
        _annotations = new GrowingJsonFile(Path.Combine(header.Output, Name, "annotations.json"));
        _results = new GrowingJsonFile(Path.Combine(header.Output, Name, "results.json"));
        _annotations.Json.WriteStartObject();
        header.WriteInfo(_annotations.Json);
        _annotations.Json.WriteStartArray("annotations");
        _results.Json.WriteStartArray();
    }

    public void Add(DatasetEntry entry)
    {
        foreach (var found in entry.Result.Instance ?? [])
        {
            Write(entry, new CocoObject(found.CategoryId, found.Score, found.Area, [.. found.Bbox], found.Segmentation));
        }

        foreach (var found in entry.Result.Detection ?? [])
        {
            Write(entry, new CocoObject(found.CategoryId, found.Score, Math.Round(found.Bbox[2] * found.Bbox[3], 2), found.Bbox, null));
        }

        _images.Add(entry with { Result = entry.Result with { Panoptic = null, Instance = null, Semantic = null, Detection = null } });
    }

    public IReadOnlyList<string> Complete()
    {
        var json = _annotations.Json;
        json.WriteEndArray();
        json.WriteStartArray("images");
        _images.ForEach(image => image.WriteImage(json));
        json.WriteEndArray();
        _header.WriteCategories(json);
        json.WriteEndObject();
        _results.Json.WriteEndArray();
        return [_annotations.Complete(), _results.Complete()];
    }

    public void Dispose()
    {
        _annotations.Dispose();
        _results.Dispose();
    }

    private void Write(DatasetEntry entry, CocoObject found)
    {
        var json = _annotations.Json;
        json.WriteStartObject();
        json.WriteNumber("id", ++_written);
        WriteFields(json, entry, found);
        json.WriteNumber("iscrowd", 0);
        json.WriteEndObject();
        _annotations.FlushIfLong();
        _results.Json.WriteStartObject();
        WriteFields(_results.Json, entry, found);
        _results.Json.WriteEndObject();
        _results.FlushIfLong();
    }

    private static void WriteFields(Utf8JsonWriter json, DatasetEntry entry, CocoObject found)
    {
        entry.WriteImageId(json);
        json.WriteNumber("category_id", found.CategoryId);
        if (found.Mask is { } mask)
        {
            json.WriteStartObject("segmentation");
            json.WriteStartArray("size");
            json.WriteNumberValue(mask.Size[0]);
            json.WriteNumberValue(mask.Size[1]);
            json.WriteEndArray();
            json.WriteString("counts", mask.Counts);
            json.WriteEndObject();
        }

        json.WriteStartArray("bbox");
        foreach (var value in found.Box)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
        json.WriteNumber("area", found.Area);
        json.WriteNumber("score", found.Score);
    }

    /// <param name="Box">x, y, width, height.</param>
    /// <param name="Mask">Null: a box alone.</param>
    private sealed record CocoObject(int CategoryId, double Score, double Area, IReadOnlyList<double> Box, RleBody? Mask);
}
