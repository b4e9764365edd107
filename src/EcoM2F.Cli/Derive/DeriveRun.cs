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
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var manifest = ModelFolder.Open(model).Manifest;
        var set = Dataset.Open(dataset, manifest.Classes, new EntryProgress(report, "checked"), cancellationToken);
        report.Notes(set.Notes);
        var derivation = Derivation.Plan(manifest, set, shard.Takes, output);
        if (derivation.Todo.Count > 0)
        {
            derivation.CheckImages(new EntryProgress(report, "decoded"), cancellationToken);
            using var engine = ExitsEngine.Open(model, provider, cancellationToken);
            await report.TrackAsync("derive", derivation.Todo.Count, advance => derivation.RunAsync(engine, advance, cancellationToken));
        }
        else
        {
            derivation.WriteEmptyShard();
        }

        Summarize(derivation, manifest, set.Metric);
        return ExitCode.Done;
    }

    private void Summarize(Derivation derivation, ModelManifest manifest, string metric)
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
            ["image_quality"] = new JsonObject(manifest.Exits.Select((exit, i) => KeyValuePair.Create<string, JsonNode?>(
                exit.ToString(CultureInfo.InvariantCulture), double.IsNaN(quality[i]) ? null : quality[i]))),
        };
        report.Result(data, console =>
        {
            console.Line($"{derivation.Images} images: {derivation.Todo.Count} derived, {derivation.Images - derivation.Todo.Count} already done -> {output}");
            console.Line($"mean of the images' own {metric} by exit: {string.Join(", ", manifest.Exits.Select((exit, i) => $"{exit}: {ScoreNumber.Points(quality[i])}"))}");
        });
    }
}
