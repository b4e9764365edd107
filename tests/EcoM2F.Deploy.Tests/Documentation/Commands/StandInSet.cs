using System.Text.Json.Nodes;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Postprocessing;
using EcoM2F.Inference.Results;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Documentation.Commands;

/// <summary>
/// A small panoptic set of which a gate can be learnt: of bright pictures the truth is what the model gives at its first exit, of dark ones what
/// it gives at its last.
/// </summary>
internal static class StandInSet
{
    private const int Images = 15;

    /// <summary>Panoramas: with their longest edge limited they have few pixels.</summary>
    private const int Width = 96;

    private const int Height = 10;

    /// <summary>Pictures in <c>images</c>, truths in <c>truth</c> and <c>truth.json</c>, and <c>set.json</c> that names them.</summary>
    public static async Task WriteAsync(string folder, string model, int seed)
    {
        var random = new Random(seed);
        var pictures = Directory.CreateDirectory(Path.Combine(folder, "images")).FullName;
        using var engine = ExitsEngine.Open(model, "cpu", CancellationToken.None);
        var truth = new TinyTruth(folder, TinyDataset.Panoptic);
        var listed = new JsonArray();
        for (var i = 0; i < Images; i++)
        {
            var (name, isBright) = ($"{i:000}.png", i % 5 < 3);
            var picture = Picture(random, isBright ? 160 : 20);
            File.WriteAllBytes(Path.Combine(pictures, name), picture);
            truth.Add(i, name, await ResultAsync(engine, picture, isBright ? 0 : engine.Model.Exits.Count - 1));
            listed.Add(new JsonObject { ["id"] = i, ["file_name"] = name, ["width"] = Width, ["height"] = Height });
        }

        truth.Write(listed, engine.Model.Classes);
    }

    /// <param name="least">Of every colour; the most is 90 more.</param>
    public static byte[] Picture(Random random, int least)
    {
        var (phase, pixels) = (random.Next(100), new int[Width * Height]);
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y) = (i % Width, i / Width);
            pixels[i] = Level(x * 0.2) + (Level(y * 0.3) << 8) + (Level((x + y) * 0.15) << 16);
        }

        return PanopticPng.Encode(new PanopticSegmentation(Width, Height, pixels, []));

        int Level(double angle) => least + (int)(35 + (35 * Math.Sin(angle + phase))) + random.Next(20);
    }

    private static async Task<SegmentationResult> ResultAsync(ExitsEngine engine, byte[] picture, int exit)
    {
        using var prepared = engine.Prepare(picture, mirrored: false, CancellationToken.None);
        using var run = await engine.RunAsync(prepared, gates: false, similarities: false, CancellationToken.None);
        return engine.ToResult(run, exit, SegmentationTasks.Panoptic, CancellationToken.None);
    }
}
