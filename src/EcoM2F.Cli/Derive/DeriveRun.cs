using System.Globalization;
using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.Score;
using EcoM2F.Cli.Segment;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;

namespace EcoM2F.Cli.Derive;

/// <summary>One run of <c>derive</c>.</summary>
internal sealed class DeriveRun(string model, string dataset, string output, Shard shard, string provider, Report report)
{
    /// <summary>Whether a set's labels are left aside.</summary>
    public bool Agreement { get; init; }

    /// <summary>Of the graphs that run.</summary>
    public string Precision { get; init; } = GraphPrecisions.Fp32;

    /// <summary>Rows of quality that agreement is compared with; null for none.</summary>
    public string? Against { get; init; }

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var manifest = ModelFolder.Open(model).Manifest;
        var set = Dataset.OpenFor(manifest, dataset, Agreement, new EntryProgress(report, "checked"), cancellationToken);
        report.Notes(set.Notes);
        if (Against is not null && set.Reference is null)
        {
            throw new CliException("--against compares agreement with quality: say --agreement too.");
        }

        var derivation = Derivation.Plan(manifest, set, shard.Takes, output, Precision);
        if (derivation.Todo.Count > 0)
        {
            derivation.CheckImages(new EntryProgress(report, "decoded"), cancellationToken);
            using var engine = ExitsEngine.Open(model, provider, cancellationToken, Precision);
            await report.TrackAsync("derive", derivation.Todo.Count, advance => derivation.RunAsync(engine, advance, cancellationToken));
        }
        else
        {
            derivation.WriteEmptyShard();
        }

        Summarize(derivation, set.Metric, Against is { } quality ? AgreementTable.Of(output, quality) : null);
        return ExitCode.Done;
    }

    private void Summarize(Derivation derivation, string metric, AgreementTable? prediction)
    {
        var quality = derivation.MeanQuality();
        var data = new JsonObject
        {
            ["output"] = output,
            ["images"] = derivation.Images,
            ["derived"] = derivation.Todo.Count,
            ["already_there"] = derivation.Images - derivation.Todo.Count,
            ["model"] = derivation.Model,
            ["dataset"] = derivation.Dataset,
            ["metric"] = metric,
            ["image_quality"] = new JsonObject(derivation.Points.Select((point, i) => KeyValuePair.Create<string, JsonNode?>(point, double.IsNaN(quality[i]) ? null : quality[i]))),
        };
        if (prediction is not null)
        {
            data["prediction"] = Prediction(prediction);
        }

        report.Result(data, console =>
        {
            console.Line($"{derivation.Images} images: {derivation.Todo.Count} derived, {derivation.Images - derivation.Todo.Count} already done -> {output}");
            console.Line($"mean of the images' own {metric} by {(derivation.Points[0].Contains('/') ? "size/exit" : "exit")}: {string.Join(", ", derivation.Points.Select((point, i) => $"{point}: {ScoreNumber.Points(quality[i])}"))}");
            if (prediction is not null)
            {
                console.Line($"how agreement ranks what quality ranks (Spearman; 1: alike, 0: not at all), {prediction.Images} images:");
                console.Line($"points by their means {Number(prediction.Points)}, points of one image {Number(prediction.WithinImages)}, images at one point {Number(prediction.AcrossImages)}");
                console.Line($"the point of highest agreement but the reference has {ScoreNumber.Points(prediction.Chosen)} of quality; the best of these has {ScoreNumber.Points(prediction.Best)}");
            }
        });
    }

    private static JsonObject Prediction(AgreementTable prediction) => new()
    {
        ["images"] = prediction.Images,
        ["points"] = Value(prediction.Points),
        ["within_images"] = Value(prediction.WithinImages),
        ["across_images"] = Value(prediction.AcrossImages),
        ["chosen_quality"] = prediction.Chosen,
        ["best_quality"] = prediction.Best,
    };

    private static JsonValue? Value(double value) => double.IsNaN(value) ? null : JsonValue.Create(value);

    private static string Number(double value) => double.IsNaN(value) ? "-" : value.ToString("0.00", CultureInfo.InvariantCulture);
}
