using System.Text;
using System.Text.Json.Nodes;
using EcoM2F.Recipe;
using EcoM2F.Recipe.Scoring;
using EcoM2F.TestSupport;

namespace EcoM2F.Fuzz.Targets;

/// <summary>COCO annotations: the input is a ground truth, and scored against itself with scores.</summary>
internal static class CocoTarget
{
    public const string Name = "coco";

    private const int Objects = 3;
    private const int Side = 20;

    public static FuzzTarget Create()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("ecom2f-fuzz-").FullName, "annotations.json");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        return new FuzzTarget(
            Name,
            [Start(), Start(new JsonArray(new JsonArray(1, 1, 9, 1.5, 9, 8, 1, 8))), Start(new JsonObject { ["size"] = new JsonArray(Side, Side), ["counts"] = new JsonArray(5, 9, (Side * Side) - 14) })],
            [.. ((string[])["\"size\":[1,1]", "\"counts\":\"0P1\"", "\"counts\":[0,1]", "\"segmentation\":[[0,0,1,0,1,1]]", "\"iscrowd\":1", "\"id\":", ",", "[", "]", "{", "}", "null", "\"\\ud800\"", "\ufeff"]).Select(Encoding.UTF8.GetBytes)],
            input =>
            {
                File.WriteAllBytes(file, input);
                ObjectFiles.Score(file, file, withMasks: true);
            },
            static exception => exception is RecipeException);
    }

    /// <summary>An image of the fixture, some of its objects, and their classes.</summary>
    /// <param name="mask">Of every object, in another spelling than the fixture's, on an image of <see cref="Side"/> squared.</param>
    private static byte[] Start(JsonNode? mask = null)
    {
        var set = JsonNode.Parse(File.ReadAllBytes(Path.Combine(RepositoryPaths.Fixtures, "metrics", "instance", "gt.json")))!;
        var image = set["images"]!.AsArray().First(one => JsonNode.DeepEquals(one!["id"], set["annotations"]![0]!["image_id"]))!;
        var objects = set["annotations"]!.AsArray().Where(one => JsonNode.DeepEquals(one!["image_id"], image["id"])).Take(Objects).ToList();
        var classes = set["categories"]!.AsArray().Where(one => objects.Exists(item => JsonNode.DeepEquals(item!["category_id"], one!["id"]))).ToList();
        foreach (var item in objects)
        {
            item!["score"] = 0.5;
            item["segmentation"] = mask?.DeepClone() ?? item["segmentation"]!.DeepClone();
        }

        if (mask is not null)
        {
            (image["width"], image["height"]) = (Side, Side);
        }

        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["images"] = new JsonArray(image.DeepClone()),
            ["categories"] = new JsonArray([.. classes.Select(static one => one!.DeepClone())]),
            ["annotations"] = new JsonArray([.. objects.Select(static one => one!.DeepClone())]),
        }.ToJsonString());
    }
}
