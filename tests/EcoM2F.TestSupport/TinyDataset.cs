using System.Text.Json.Nodes;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Results;

namespace EcoM2F.TestSupport;

/// <summary>
/// A set for a model: made-up images whose truth is what the model gives at one of its exits, another one from image to image. So depth
/// matters, and the best exit of every image is known.
/// </summary>
public static class TinyDataset
{
    public const string Panoptic = "panoptic";
    public const string Instance = "instance";
    public const string Semantic = "semantic";
    public const string Detection = "detection";

    /// <param name="folder">Made if absent; images are in <c>images</c>, truths in <c>truth.json</c> and <c>truth</c>.</param>
    /// <param name="modelFolder">The model whose results become truths.</param>
    /// <param name="scale">Of the images: 1 makes them about 100 pixels wide.</param>
    /// <returns>The DATASET file.</returns>
    public static async Task<string> WriteAsync(string folder, string modelFolder, int images, string task = Panoptic, int scale = 1)
    {
        var photos = Path.Combine(folder, "images");
        Directory.CreateDirectory(photos);
        using var engine = ExitsEngine.Open(modelFolder, "cpu", CancellationToken.None);
        var truth = new TinyTruth(folder, task);
        var listed = new JsonArray();
        for (var i = 0; i < images; i++)
        {
            var (name, width, height) = ($"{i:000}.png", scale * (96 + (16 * (i % 3))), scale * (64 + (8 * (i % 2))));
            var photo = MakePhoto(width, height, i);
            await File.WriteAllBytesAsync(Path.Combine(photos, name), photo).ConfigureAwait(false);
            truth.Add(i, name, await ResultAsync(engine, photo, i % engine.Model.Exits.Count, task).ConfigureAwait(false));
            listed.Add(new JsonObject { ["id"] = i, ["file_name"] = name, ["width"] = width, ["height"] = height });
        }

        return truth.Write(listed, engine.Model.Classes);
    }

    private static async Task<SegmentationResult> ResultAsync(ExitsEngine engine, byte[] photo, int exit, string task)
    {
        using var prepared = engine.Prepare(photo, mirrored: false, CancellationToken.None);
        using var run = await engine.RunAsync(prepared, gates: false, similarities: false, CancellationToken.None).ConfigureAwait(false);
        return engine.ToResult(run, exit, Enum.Parse<SegmentationTasks>(task, ignoreCase: true), CancellationToken.None);
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
