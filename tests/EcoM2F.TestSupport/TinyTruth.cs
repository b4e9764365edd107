using System.Text.Json.Nodes;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Results;

namespace EcoM2F.TestSupport;

/// <summary>Results as ground truth in the files of a task: COCO's, or label PNGs.</summary>
public sealed class TinyTruth
{
    /// <summary>Of an image's objects those with the highest scores are true.</summary>
    private const int TrueObjects = 4;

    private readonly string _folder;
    private readonly string _task;
    private readonly JsonArray _annotations = [];

    public TinyTruth(string folder, string task)
    {
        (_folder, _task) = (folder, task);
        if (HasPngs)
        {
            Directory.CreateDirectory(Path.Combine(folder, "truth"));
        }
    }

    private bool HasPngs => _task is TinyDataset.Panoptic or TinyDataset.Semantic;

    public void Add(int image, string name, SegmentationResult result)
    {
        switch (_task)
        {
            case TinyDataset.Panoptic:
                WritePng(name, PanopticPng.Encode(result.Panoptic!));
                _annotations.Add(new JsonObject
                {
                    ["image_id"] = image,
                    ["file_name"] = name,
                    ["segments_info"] = new JsonArray([.. result.Panoptic!.Segments.Select(static segment => (JsonNode)new JsonObject { ["id"] = segment.Id, ["category_id"] = segment.CategoryId, ["area"] = segment.Area })]),
                });
                break;
            case TinyDataset.Semantic:
                WritePng(name, EncodeLabels(result.Semantic!));
                break;
            case TinyDataset.Instance:
                foreach (var found in result.Instances!.Where(found => found.Area > 0 && result.Model.Classes[found.CategoryId].Isthing).Take(TrueObjects))
                {
                    var annotation = Annotation(image, found.CategoryId, found.Area, [found.Box.X, found.Box.Y, found.Box.Width, found.Box.Height]);
                    annotation["segmentation"] = new JsonObject { ["size"] = new JsonArray(found.Mask.Height, found.Mask.Width), ["counts"] = found.Mask.Counts };
                    _annotations.Add(annotation);
                }

                break;
            default:
                foreach (var found in result.Detections!.Where(static found => found.Box.Width * found.Box.Height > 1).Take(TrueObjects))
                {
                    var box = found.Box;
                    _annotations.Add(Annotation(image, found.CategoryId, box.Width * box.Height, [box.X, box.Y, box.Width, box.Height]));
                }

                break;
        }
    }

    /// <returns>The DATASET file.</returns>
    public string Write(JsonArray images, IReadOnlyList<ModelClass> classes)
    {
        var set = new JsonObject { ["task"] = _task, ["images"] = "images" };
        if (_task != TinyDataset.Semantic)
        {
            var categories = new JsonArray([.. classes.Where(item => item.Isthing || _task == TinyDataset.Panoptic).Select(static item => (JsonNode)new JsonObject { ["id"] = item.Id, ["name"] = item.Name })]);
            File.WriteAllText(Path.Combine(_folder, "truth.json"), new JsonObject { ["images"] = images, ["categories"] = categories, ["annotations"] = _annotations }.ToJsonString());
            set["annotations"] = "truth.json";
        }

        if (HasPngs)
        {
            set["segments"] = "truth";
        }

        var file = Path.Combine(_folder, "set.json");
        File.WriteAllText(file, set.ToJsonString());
        return file;
    }

    /// <summary>An 8-bit grey PNG.</summary>
    public static byte[] EncodeLabels(SemanticSegmentation semantic)
    {
        using var image = NetVips.Image.NewFromMemory(Array.ConvertAll(semantic.Labels, static label => (byte)label), semantic.Width, semantic.Height, 1, NetVips.Enums.BandFormat.Uchar);
        return image.PngsaveBuffer();
    }

    private JsonObject Annotation(int image, int category, double area, double[] box) => new()
    {
        ["id"] = _annotations.Count + 1,
        ["image_id"] = image,
        ["category_id"] = category,
        ["iscrowd"] = 0,
        ["area"] = area,
        ["bbox"] = new JsonArray([.. box.Select(static value => (JsonNode)value)]),
    };

    private void WritePng(string name, byte[] png) => File.WriteAllBytes(Path.Combine(_folder, "truth", name), png);
}
