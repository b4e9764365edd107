namespace EcoM2F.Cli.Segment.Datasets;

/// <summary>COCO's panoptic format: <c>coco-panoptic.json</c>, and beside it the folder <c>coco-panoptic</c> with a PNG of segment ids for each image.</summary>
internal sealed class CocoPanopticWriter : IDatasetWriter
{
    public const string Name = "coco-panoptic";

    private readonly DatasetHeader _header;
    private readonly GrowingJsonFile _file;
    private readonly List<DatasetEntry> _images = [];

    public CocoPanopticWriter(DatasetHeader header)
    {
        _header = header;
        _file = new GrowingJsonFile(Path.Combine(header.Output, $"{Name}.json"));
        _file.Json.WriteStartObject();
        header.WriteInfo(_file.Json);
        _file.Json.WriteStartArray("annotations");
    }

    public void Add(DatasetEntry entry)
    {
        var json = _file.Json;
        json.WriteStartObject();
        entry.WriteImageId(json);
        json.WriteString("file_name", entry.File.Stem.Replace('\\', '/') + ".png");
        json.WriteStartArray("segments_info");
        foreach (var segment in entry.Result.Panoptic!.SegmentsInfo)
        {
            json.WriteStartObject();
            json.WriteNumber("id", segment.Id);
            json.WriteNumber("category_id", segment.CategoryId);
            json.WriteNumber("area", segment.Area);
            json.WriteStartArray("bbox");
            foreach (var value in segment.Bbox)
            {
                json.WriteNumberValue(value);
            }

            json.WriteEndArray();
            json.WriteNumber("iscrowd", 0);
            json.WriteNumber("score", segment.Score);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        _file.FlushIfLong();
        _images.Add(entry with { Result = entry.Result with { Panoptic = null, Instance = null, Semantic = null, Detection = null } });
    }

    public IReadOnlyList<string> Complete()
    {
        var json = _file.Json;
        json.WriteEndArray();
        json.WriteStartArray("images");
        _images.ForEach(image => image.WriteImage(json));
        json.WriteEndArray();
        _header.WriteCategories(json);
        json.WriteEndObject();
        return [_file.Complete()];
    }

    public void Dispose() => _file.Dispose();
}
