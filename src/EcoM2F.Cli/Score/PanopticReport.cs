using System.Text.Json.Nodes;
using EcoM2F.Recipe.Metrics;
using EcoM2F.Recipe.Scoring;
using Spectre.Console;

namespace EcoM2F.Cli.Score;

/// <summary>Panoptic scores as JSON and as tables.</summary>
internal static class PanopticReport
{
    public static JsonObject Json(PanopticFileScore scored)
    {
        var result = Json(scored.Score);
        result["per_class"] = new JsonObject(scored.Score.Classes.Select((counts, i) => KeyValuePair.Create(
            scored.Classes[i].Id.ToString(System.Globalization.CultureInfo.InvariantCulture), (JsonNode?)Json(counts, scored.Classes[i].Name))));
        result["per_image"] = new JsonObject(scored.Images.Select(static image => KeyValuePair.Create(image.Id, (JsonNode?)Json(image.Score))));
        return result;
    }

    public static void Show(IAnsiConsole console, PanopticFileScore scored)
    {
        var summary = Table($"{scored.Images.Count} images").AddColumn(Right("classes"));
        foreach (var (name, quality) in (ReadOnlySpan<(string, PanopticQuality)>)[("all", scored.Score.All), ("things", scored.Score.Things), ("stuff", scored.Score.Stuff)])
        {
            summary.AddRow(name, ScoreNumber.Points(quality.Pq), ScoreNumber.Points(quality.Sq), ScoreNumber.Points(quality.Rq), $"{quality.Classes}");
        }

        var classes = Table("classes that occur").AddColumn(Right("right")).AddColumn(Right("wrong")).AddColumn(Right("missed"));
        for (var i = 0; i < scored.Classes.Count; i++)
        {
            var item = scored.Score.Classes[i];
            if (item.Occurs)
            {
                string[] cells = [ScoreNumber.Points(item.Pq), ScoreNumber.Points(item.Sq), ScoreNumber.Points(item.Rq), $"{item.TruePositives}", $"{item.FalsePositives}", $"{item.FalseNegatives}"];
                classes.AddRow([new Text(scored.Classes[i].Name), .. cells.Select(static cell => new Text(cell))]);
            }
        }

        console.Write(summary);
        console.Write(classes);
    }

    private static Table Table(string title) =>
        new Table().Border(TableBorder.Minimal).Title(title).AddColumn("").AddColumn(Right("PQ")).AddColumn(Right("SQ")).AddColumn(Right("RQ"));

    private static TableColumn Right(string title) => new TableColumn(title).RightAligned();

    private static JsonObject Json(PanopticScore score)
    {
        var result = Json(score.All);
        result["things"] = Json(score.Things);
        result["stuff"] = Json(score.Stuff);
        return result;
    }

    private static JsonObject Json(PanopticQuality quality) => new()
    {
        ["pq"] = ScoreNumber.Json(quality.Pq),
        ["sq"] = ScoreNumber.Json(quality.Sq),
        ["rq"] = ScoreNumber.Json(quality.Rq),
        ["n"] = quality.Classes,
    };

    private static JsonObject Json(ClassCounts counts, string name) => new()
    {
        ["name"] = name,
        ["pq"] = ScoreNumber.Json(counts.Pq),
        ["sq"] = ScoreNumber.Json(counts.Sq),
        ["rq"] = ScoreNumber.Json(counts.Rq),
        ["iou"] = counts.Iou,
        ["tp"] = counts.TruePositives,
        ["fp"] = counts.FalsePositives,
        ["fn"] = counts.FalseNegatives,
    };
}
