using System.Globalization;
using System.Text.Json.Nodes;
using EcoM2F.Recipe.Metrics;
using EcoM2F.Recipe.Scoring;
using Spectre.Console;

namespace EcoM2F.Cli.Score;

/// <summary>Average precision as JSON and as tables.</summary>
internal static class ObjectReport
{
    /// <summary>Of masks, with those of boxes under <c>boxes</c>; of boxes alone where there are no masks.</summary>
    public static JsonObject Json(ObjectFileScore scored)
    {
        if (scored.Masks is null)
        {
            return Json(scored.Boxes, scored);
        }

        var result = Json(scored.Masks, scored);
        result["boxes"] = Json(scored.Boxes, scored);
        return result;
    }

    public static void Show(IAnsiConsole console, ObjectFileScore scored)
    {
        (string Title, PrecisionScore Score)[] columns = scored.Masks is null ? [("boxes", scored.Boxes)] : [("masks", scored.Masks), ("boxes", scored.Boxes)];
        var summary = Table(columns);
        for (var i = 0; i < PrecisionScore.Names.Count; i++)
        {
            summary.AddRow([PrecisionScore.Names[i], .. columns.Select(column => ScoreNumber.Points(column.Score.Numbers[i]))]);
        }

        var classes = Table(columns).Title("AP of classes that occur");
        for (var i = 0; i < scored.Classes.Count; i++)
        {
            if (!double.IsNaN(scored.Boxes.PerClass[i]))
            {
                classes.AddRow([new Text(scored.Classes[i].Name), .. columns.Select(column => new Text(ScoreNumber.Points(column.Score.PerClass[i])))]);
            }
        }

        console.Write(summary);
        console.Write(classes);
    }

    private static Table Table((string Title, PrecisionScore Score)[] columns)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumn("");
        foreach (var (title, _) in columns)
        {
            table.AddColumn(new TableColumn(title).RightAligned());
        }

        return table;
    }

    private static JsonObject Json(PrecisionScore score, ObjectFileScore scored)
    {
        var result = new JsonObject();
        for (var i = 0; i < PrecisionScore.Names.Count; i++)
        {
            result[PrecisionScore.Names[i]] = ScoreNumber.Json(score.Numbers[i]);
        }

        result["per_class"] = new JsonObject(scored.Classes.Select((item, i) => KeyValuePair.Create(
            item.Id.ToString(CultureInfo.InvariantCulture), (JsonNode?)ScoreNumber.Json(score.PerClass[i]))));
        return result;
    }
}
