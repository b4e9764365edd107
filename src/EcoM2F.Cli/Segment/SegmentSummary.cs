using System.Globalization;
using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using Spectre.Console;

namespace EcoM2F.Cli.Segment;

/// <summary>What <c>segment</c> says in the end.</summary>
internal static class SegmentSummary
{
    /// <summary>Columns of the longest bar of the histogram.</summary>
    private const int LongestBar = 40;

    /// <param name="counts">Images of the run, and those that were not there yet.</param>
    /// <param name="written">Files for all images together.</param>
    public static void Show(Report report, SegmentOptions options, SegmentTally tally, (int Images, int Todo) counts, IReadOnlyList<string> written)
    {
        var failed = tally.Failed;
        if (failed.Count > 0)
        {
            report.Note($"{failed.Count} of {counts.Todo} images could not be segmented:");
            report.Notes(failed.Select(static failure => $"  {failure.Image}: {failure.Why}"));
        }

        report.Result(Json(options, tally, counts, written), console =>
        {
            console.Line($"{counts.Images} images: {tally.Done} segmented, {counts.Images - counts.Todo} already done, {failed.Count} failed -> {options.Output}");
            if (tally.MeanDepth is { } depth)
            {
                console.Line(FormattableString.Invariant(
                    $"mean depth {depth:0.00} ({string.Join(", ", tally.Depths.Select(static entry => $"{entry.Value} at {entry.Key}"))}), {tally.Gmacs:0.00} GMACs an image, {tally.Saved:P0} saved"));
            }

            foreach (var file in written)
            {
                console.Line(file);
            }

            if (options.Summary && tally.Done > 0)
            {
                ShowDepths(console, tally);
                ShowClasses(console, tally);
            }
        });
    }

    private static JsonObject Json(SegmentOptions options, SegmentTally tally, (int Images, int Todo) counts, IReadOnlyList<string> written)
    {
        var data = new JsonObject
        {
            ["output"] = options.Output,
            ["images"] = counts.Images,
            ["segmented"] = tally.Done,
            ["already_there"] = counts.Images - counts.Todo,
            ["failed"] = new JsonArray([.. tally.Failed.Select(static failure => (JsonNode)new JsonObject { ["image"] = failure.Image, ["error"] = failure.Why })]),
            ["mean_depth"] = tally.MeanDepth,
            ["depths"] = new JsonObject(tally.Depths.Select(static entry => KeyValuePair.Create<string, JsonNode?>(entry.Key.ToString(CultureInfo.InvariantCulture), entry.Value))),
            ["gmacs"] = tally.Gmacs,
            ["saved"] = tally.Saved,
        };
        if (options.Formats.Datasets.Count > 0)
        {
            data["files"] = new JsonArray([.. written.Select(static file => (JsonNode)file)]);
        }

        if (options.Summary)
        {
            data["classes"] = new JsonObject(tally.Classes.Select(static entry => KeyValuePair.Create<string, JsonNode?>(
                entry.Key, new JsonObject { ["images"] = entry.Value.Images, ["segments"] = entry.Value.Segments })));
        }

        return data;
    }

    private static void ShowDepths(IAnsiConsole console, SegmentTally tally)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumn(new TableColumn("depth").RightAligned()).AddColumn(new TableColumn("images").RightAligned()).AddColumn("");
        var most = tally.Depths.Values.Max();
        foreach (var (depth, images) in tally.Depths)
        {
            table.AddRow(new Text(depth.ToString(CultureInfo.InvariantCulture)), new Text(images.ToString(CultureInfo.InvariantCulture)), new Text(new string('#', Math.Max(1, LongestBar * images / most))));
        }

        console.Write(table);
    }

    private static void ShowClasses(IAnsiConsole console, SegmentTally tally)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumn("class").AddColumn(new TableColumn("images").RightAligned()).AddColumn(new TableColumn("segments").RightAligned());
        foreach (var (name, count) in tally.Classes.OrderByDescending(static entry => entry.Value.Segments).ThenBy(static entry => entry.Key, StringComparer.Ordinal))
        {
            table.AddRow(new Text(name), new Text(count.Images.ToString(CultureInfo.InvariantCulture)), new Text(count.Segments.ToString(CultureInfo.InvariantCulture)));
        }

        console.Write(table);
    }
}
