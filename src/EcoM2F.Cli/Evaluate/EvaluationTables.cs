using System.Globalization;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.Score;
using EcoM2F.Recipe.Evaluation;
using EcoM2F.Recipe.Thresholds;
using Spectre.Console;

namespace EcoM2F.Cli.Evaluate;

/// <summary>An evaluation on the terminal.</summary>
internal static class EvaluationTables
{
    public static void Show(IAnsiConsole console, EvaluationResult result, string folder)
    {
        var policies = Table("policy", result.Set.Set.Metric, "95%", "images", "depth", "GMACs", "ms");
        foreach (var policy in result.Policies)
        {
            Add(policies, policy.Policy.Name, ScoreNumber.Points(policy.Quality.Value), Interval(policy.Quality.Low, policy.Quality.High), ScoreNumber.Points(policy.ImageQuality), Number(policy.MeanDepth), Number(policy.Gmacs), Number(policy.Milliseconds));
        }

        var comparisons = Table("policy", "against", "difference", "95%", "detectable");
        foreach (var (policy, against, difference) in result.Comparisons)
        {
            Add(comparisons, policy, against, ScoreNumber.Points(difference.Difference), Interval(difference.Low, difference.High), ScoreNumber.Points(difference.Detectable));
        }

        console.Write(policies);
        console.Write(comparisons);
        if (result.Thresholds is { } tuning)
        {
            Show(console, tuning);
        }

        console.Line($"{result.Set.Set.Images.Count} images -> {Path.Combine(folder, "report.html")}, report.json");
    }

    private static void Show(IAnsiConsole console, ThresholdTuning tuning)
    {
        var thresholds = Table("class", "objects", "threshold", "first half", "second half", $"{tuning.Metric} now", "held out");
        foreach (var item in tuning.Classes)
        {
            Add(thresholds, item.Name, item.Objects.ToString(CultureInfo.InvariantCulture), Threshold(item.Threshold), Threshold(item.First), Threshold(item.Second), ScoreNumber.Points(item.QualityNow), ScoreNumber.Points(item.QualityTuned));
        }

        console.Write(thresholds);
        console.Line($"Thresholds by class, on images that did not choose them: {tuning.Metric} {ScoreNumber.Points(tuning.Difference.Difference)} points, 95% {Interval(tuning.Difference.Low, tuning.Difference.High)}; {(tuning.Written ? "written into the model" : "the model is as it was")}");

        static string Threshold(float? value) => value?.ToString("0.##", CultureInfo.InvariantCulture) ?? "own";
    }

    private static Table Table(string first, params string[] numbers)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumn(first);
        foreach (var number in numbers)
        {
            table.AddColumn(new TableColumn(number).RightAligned());
        }

        return table;
    }

    private static void Add(Table table, params string[] cells) => table.AddRow(cells.Select(static cell => new Text(cell)));

    private static string Interval(double low, double high) => $"{ScoreNumber.Points(low)} to {ScoreNumber.Points(high)}";

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
