using System.Text.Json.Nodes;
using EcoM2F.Recipe.Metrics;
using Spectre.Console;

namespace EcoM2F.Cli.Score;

/// <summary>Scores of label maps as JSON and as a table.</summary>
internal static class SemanticReport
{
    public static JsonObject Json(SemanticScore score) => new()
    {
        ["miou"] = ScoreNumber.Json(score.Miou),
        ["iou"] = new JsonArray([.. score.Iou.Select(ScoreNumber.Json)]),
        ["pixel_accuracy"] = ScoreNumber.Json(score.PixelAccuracy),
    };

    public static void Show(IAnsiConsole console, SemanticScore score)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumn("").AddColumn(new TableColumn("IoU").RightAligned());
        table.AddRow("mean", ScoreNumber.Points(score.Miou));
        for (var i = 0; i < score.Iou.Count; i++)
        {
            table.AddRow($"class {i}", ScoreNumber.Points(score.Iou[i]));
        }

        table.AddRow("pixel accuracy", ScoreNumber.Points(score.PixelAccuracy));
        console.Write(table);
    }
}
