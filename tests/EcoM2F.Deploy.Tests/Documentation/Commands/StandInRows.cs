using System.Text.Json;
using System.Text.Json.Nodes;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Documentation.Commands;

/// <summary>Rows as <c>derive</c> writes them for a model, of which a gate can be learnt: what more compute gains, a feature of the image tells.</summary>
internal static class StandInRows
{
    private const int Images = 30;

    /// <summary>Of the longer edge of an image by the shorter one: panoramas, for which the small network takes as many GMACs as the bundled one.</summary>
    private const int Proportion = 6;

    /// <param name="dataset">The data set that they name.</param>
    public static void Write(string file, ModelManifest model, string dataset)
    {
        var random = new Random(dataset.Length);
        File.WriteAllLines(file, Enumerable.Range(0, Images).Select(i => Row(dataset, i, model, random).ToJsonString()));
    }

    /// <summary>
    /// Quality has its peak at a point that all features tell. With one size it hardly falls behind that, so that full depth is good as well as dear;
    /// with several the peak is among the dearer half, so that a mean cost may be high.
    /// </summary>
    private static JsonObject Row(string dataset, int image, ModelManifest model, Random random)
    {
        var signal = random.NextDouble() - 0.5;
        var (peak, fall) = model.HasSizes ? (0.75 + (signal / 2), 0.8) : (0.5 + signal, 0.03);
        var feature = Enumerable.Range(0, TinyCheckpoint.Width).Select(_ => signal + (0.1 * random.NextDouble())).ToArray();
        var row = new JsonObject
        {
            ["image"] = $"{image:000}.png",
            ["pooled"] = JsonSerializer.SerializeToNode(feature),
            ["model"] = ModelIdentity.Of(model),
            ["dataset"] = dataset,
        };
        var points = model.Points;
        row["quality"] = new JsonArray([.. points.Select((_, at) => (JsonNode)Quality(((double)at / (points.Count - 1)) - peak, fall))]);
        if (model.HasSizes)
        {
            row["points"] = new JsonArray([.. points.Select(static point => (JsonNode)new JsonObject { ["size"] = point.Size, ["depth"] = point.Depth, ["input"] = new JsonArray(point.Size, Proportion * point.Size) })]);
            row["precision"] = GraphPrecisions.Fp32;
            return row;
        }

        row["exits"] = new JsonArray([.. model.Exits.Select(static exit => (JsonNode)exit)]);
        row["size"] = new JsonArray(model.Costs[0].Height, model.Costs[0].Width);
        return row;
    }

    /// <param name="beyond">The peak; before it below 0.</param>
    /// <param name="fall">Behind the peak.</param>
    private static double Quality(double beyond, double fall) => 0.9 - ((beyond < 0 ? 0.8 : fall) * beyond * beyond);
}
