using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Datasets;
using EcoM2F.TestSupport;

namespace EcoM2F.Recipe.Tests.Datasets;

/// <summary>A complete set of two small images of each kind, whose files a test may spoil.</summary>
internal sealed class SmallSet : IDisposable
{
    public const int Width = 4;
    public const int Height = 3;

    public const string PanopticAnnotations = """
        {"images": [{"id": 12, "file_name": "b.png", "width": 4, "height": 3}, {"id": 3, "file_name": "a.png", "width": 4, "height": 3}],
         "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "sky"}, {"id": 5, "name": "cloud"}, {"id": 9, "name": "text"}],
         "annotations": [
          {"image_id": 12, "file_name": "b_ids.png", "segments_info": [{"id": 7, "category_id": 1, "area": 2, "iscrowd": 1}]},
          {"image_id": 3, "file_name": "a_ids.png", "segments_info": [
           {"id": 300, "category_id": 1, "area": 4, "iscrowd": 0}, {"id": 70000, "category_id": 2, "area": 3, "iscrowd": 0},
           {"id": 5, "category_id": 5, "area": 2, "iscrowd": 1}, {"id": 6, "category_id": 9, "area": 1, "iscrowd": 0}]}]}
        """;

    public const string ObjectAnnotations = """
        {"images": [{"id": 12, "file_name": "b.png", "width": 4, "height": 3}, {"id": 3, "file_name": "a.png", "width": 4, "height": 3}],
         "categories": [{"id": 1, "name": "cat"}, {"id": 9, "name": "text"}],
         "annotations": [
          {"id": 31, "image_id": 3, "category_id": 1, "iscrowd": 0, "area": 4, "bbox": [0, 0, 2, 2], "segmentation": [[0, 0, 2, 0, 2, 2, 0, 2]]},
          {"id": 32, "image_id": 3, "category_id": 1, "iscrowd": 1, "area": 3, "bbox": [3, 0, 1, 3], "segmentation": {"size": [3, 4], "counts": [9, 3]}},
          {"id": 33, "image_id": 3, "category_id": 9, "iscrowd": 0, "area": 1, "bbox": [2, 2, 1, 1], "segmentation": [[2, 2, 3, 2, 3, 3, 2, 3]]}]}
        """;

    public const string Panoptic = """{"task": "panoptic", "images": "images", "annotations": "panoptic.json", "segments": "ids", "labels": "labels.json", "mapping": "small"}""";
    public const string Instance = """{"task": "instance", "images": "images", "annotations": "objects.json", "labels": "labels.json", "mapping": "small"}""";
    public const string Semantic = """{"task": "semantic", "images": "images", "segments": "labels"}""";

    private readonly TemporaryFolder _folder = new();

    public SmallSet()
    {
        foreach (var name in (string[])["images", "ids", "labels"])
        {
            Directory.CreateDirectory(_folder[name]);
        }

        TestPng.WriteIds(_folder["images/a.png"], Width, Height, [.. Enumerable.Range(0, 12)]);
        TestPng.WriteIds(_folder["images/b.png"], Width, Height, [.. Enumerable.Range(12, 12)]);
        TestPng.WriteIds(_folder["ids/a_ids.png"], Width, Height, [300, 300, 70000, 70000, 300, 300, 0, 70000, 5, 5, 6, 0]);
        TestPng.WriteIds(_folder["ids/b_ids.png"], Width, Height, [7, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        TestPng.WriteLabels(_folder["labels/a.png"], Width, Height, [0, 0, 1, 1, 0, 0, 255, 1, 2, 2, 2, 255]);
        TestPng.WriteLabels(_folder["labels/b.png"], Width, Height, [0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1]);
        _folder.Write("panoptic.json", PanopticAnnotations);
        _folder.Write("objects.json", ObjectAnnotations);
        _folder.Write("labels.json", """{"classes": [], "mapping": {"small": {"cat": "animal", "sky": "air", "cloud": "air", "text": null}}}""");
    }

    public static IReadOnlyList<ModelClass> Classes { get; } =
        [new(0, "animal", Isthing: true, "#000000"), new(1, "air", Isthing: false, "#000000"), new(2, "ground", Isthing: false, "#000000")];

    public string this[string name] => _folder[name];

    public Dataset Open(string dataset, IProgress<DatasetProgress>? progress = null) =>
        Dataset.Open(_folder.Write("set.json", dataset), Classes, progress, TestContext.Current.CancellationToken);

    public void Replace(string file, string right, string wrong)
    {
        var text = File.ReadAllText(_folder[file]);
        Assert.Contains(right, text, StringComparison.Ordinal);
        File.WriteAllText(_folder[file], text.Replace(right, wrong, StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();
}
