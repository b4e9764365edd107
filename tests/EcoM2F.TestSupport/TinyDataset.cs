using System.Text.Json.Nodes;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Postprocessing;

namespace EcoM2F.TestSupport;

/// <summary>
/// A panoptic set for a model: made-up images whose truth is what the model gives at one of its exits, another one from image to image. So
/// depth matters, and the best exit of every image is known.
/// </summary>
public static class TinyDataset
{
    /// <param name="folder">Made if absent.</param>
    /// <param name="modelFolder">The model whose results become truths.</param>
    /// <returns>The DATASET file.</returns>
    public static async Task<string> WriteAsync(string folder, string modelFolder, int images)
    {
        var (photos, ids) = (Path.Combine(folder, "images"), Path.Combine(folder, "ids"));
        Directory.CreateDirectory(photos);
        Directory.CreateDirectory(ids);
        using var engine = ExitsEngine.Open(modelFolder, "cpu", CancellationToken.None);
        var (listed, annotations) = (new JsonArray(), new JsonArray());
        for (var i = 0; i < images; i++)
        {
            var (name, width, height) = ($"{i:000}.png", 96 + (16 * (i % 3)), 64 + (8 * (i % 2)));
            var photo = MakePhoto(width, height, i);
            await File.WriteAllBytesAsync(Path.Combine(photos, name), photo).ConfigureAwait(false);
            var truth = await TruthAsync(engine, photo, i % engine.Model.Exits.Count).ConfigureAwait(false);
            await File.WriteAllBytesAsync(Path.Combine(ids, name), PanopticPng.Encode(truth)).ConfigureAwait(false);
            listed.Add(new JsonObject { ["id"] = i, ["file_name"] = name, ["width"] = width, ["height"] = height });
            annotations.Add(new JsonObject
            {
                ["image_id"] = i,
                ["file_name"] = name,
                ["segments_info"] = new JsonArray([.. truth.Segments.Select(static segment => (JsonNode)new JsonObject { ["id"] = segment.Id, ["category_id"] = segment.CategoryId, ["area"] = segment.Area })]),
            });
        }

        var categories = new JsonArray([.. engine.Model.Classes.Select(static item => (JsonNode)new JsonObject { ["id"] = item.Id, ["name"] = item.Name })]);
        await File.WriteAllTextAsync(Path.Combine(folder, "panoptic.json"), new JsonObject { ["images"] = listed, ["categories"] = categories, ["annotations"] = annotations }.ToJsonString()).ConfigureAwait(false);
        var file = Path.Combine(folder, "set.json");
        await File.WriteAllTextAsync(file, """{"task": "panoptic", "images": "images", "annotations": "panoptic.json", "segments": "ids"}""").ConfigureAwait(false);
        return file;
    }

    private static async Task<PanopticSegmentation> TruthAsync(ExitsEngine engine, byte[] photo, int exit)
    {
        using var prepared = engine.Prepare(photo, mirrored: false, CancellationToken.None);
        using var run = await engine.RunAsync(prepared, gates: false, similarities: false, CancellationToken.None).ConfigureAwait(false);
        return engine.ToResult(run, exit, SegmentationTasks.Panoptic, CancellationToken.None).Panoptic!;
    }

    /// <summary>Waves and noise, as an RGB PNG; another seed, another picture.</summary>
    private static byte[] MakePhoto(int width, int height, int seed)
    {
        var random = new Random(seed);
        var pixels = new int[width * height];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y) = (i % width, i / width);
            pixels[i] = Level(x * 0.07) + (Level(y * 0.11) << 8) + (Level((x + y) * 0.05) << 16);
        }

        return PanopticPng.Encode(new PanopticSegmentation(width, height, pixels, []));

        int Level(double phase) => (int)(128 + (90 * Math.Sin(phase + seed))) + random.Next(30);
    }
}
