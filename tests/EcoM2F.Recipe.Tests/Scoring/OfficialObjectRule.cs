using System.Text.Json.Nodes;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Recipe.Metrics;

namespace EcoM2F.Recipe.Tests.Scoring;

/// <summary>
/// Small COCO files, and what pycocotools makes of them, pixel by pixel. Its rules: <c>annToRLE</c> draws every polygon of more than four numbers
/// (x and y of each point; an odd last number has no partner) and joins them; an object without pixels stays an object. <c>loadRes</c> takes a
/// result's area from its box where it has one, else from its mask. <c>evaluate</c> sees objects and results of listed images and categories
/// alone. Where it would break off, at objects of shorter polygons alone, the object is left out.
/// </summary>
internal static class OfficialObjectRule
{
    public const int Width = 12;
    public const int Height = 9;

    /// <summary>Categories of the file; any other is not listed.</summary>
    public static IReadOnlyList<int> Categories { get; } = [1, 7];

    public static string TruthFile(SmallCoco file)
    {
        var annotations = file.Objects.Select((item, i) => (JsonNode)new JsonObject
        {
            ["id"] = i + 1,
            ["image_id"] = Number(item.Image, file.Floats),
            ["category_id"] = Number(item.Category, file.Floats),
            ["iscrowd"] = Number(item.IsCrowd ? 1 : 0, file.Floats),
            ["area"] = (double)item.Area,
            ["bbox"] = file.Boxes ? Box(item.Pixels()) : new JsonArray(),
            ["segmentation"] = item.Segmentation(),
        });
        return new JsonObject
        {
            ["images"] = new JsonArray([.. Enumerable.Range(1, file.Images).Select(id => (JsonNode)new JsonObject
            {
                ["id"] = id, ["file_name"] = $"{id}.jpg", ["width"] = Number(Width, file.Floats), ["height"] = Number(Height, file.Floats),
            })]),
            ["categories"] = new JsonArray([.. Categories.Select(static id => (JsonNode)new JsonObject { ["id"] = id, ["name"] = $"class {id}" })]),
            ["annotations"] = new JsonArray([.. annotations]),
        }.ToJsonString();
    }

    public static string PredictionFile(SmallCoco file) => new JsonArray([.. file.Results.Select(item =>
    {
        var result = new JsonObject
        {
            ["image_id"] = Number(item.Image, file.Floats),
            ["category_id"] = Number(item.Category, file.Floats),
            ["score"] = item.Score / 8.0,
            ["segmentation"] = item.Mask.Segmentation(),
        };
        if (file.Boxes)
        {
            result["bbox"] = Box(item.Mask.Pixels());
        }

        return (JsonNode)result;
    })]).ToJsonString();

    /// <summary>Objects that count, by image.</summary>
    public static List<(List<TruthObject> Truth, List<Detection> Detections)> Read(SmallCoco file) =>
    [
        .. Enumerable.Range(1, file.Images).Select(image => (
            file.Objects.Where(item => item.Image == image && Counts(file, item)).Select(Truth).ToList(),
            file.Results.Where(item => item.Image == image && Categories.Contains(item.Category)).Select(item => Result(file, item)).ToList())),
    ];

    public static bool Counts(SmallCoco file, SmallObject item) =>
        item.Image <= file.Images && Categories.Contains(item.Category) && (item.Spelling != Spelling.Polygons || item.Rectangles.Count > 0);

    private static TruthObject Truth(SmallObject item)
    {
        var mask = Mask(item.Pixels());
        return new TruthObject(Index(item.Category), mask.Box, item.Area, item.IsCrowd, mask);
    }

    private static Detection Result(SmallCoco file, SmallResult item)
    {
        var mask = Mask(item.Mask.Pixels());
        return new Detection(Index(item.Category), item.Score / 8.0, mask.Box, file.Boxes ? mask.Box.Area : mask.Area, mask);
    }

    private static int Index(int category) => Categories.ToList().IndexOf(category);

    private static RunMask Mask(byte[] pixels) => RunMask.Of(CocoRle.FromMask(pixels, Height, Width));

    private static JsonArray Box(byte[] pixels)
    {
        var box = Mask(pixels).Box;
        return [box.X, box.Y, box.Width, box.Height];
    }

    /// <summary>As a Python tool may write it.</summary>
    private static JsonNode Number(int value, bool asFloat) => JsonNode.Parse(asFloat ? $"{value}.0" : $"{value}")!;
}
