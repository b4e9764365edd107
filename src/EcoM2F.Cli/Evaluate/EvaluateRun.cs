using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.Score;
using EcoM2F.Cli.Segment;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Evaluation;
using EcoM2F.Recipe.Reports;

namespace EcoM2F.Cli.Evaluate;

/// <summary>One run of <c>evaluate</c>.</summary>
/// <param name="Policies">As on the command line; null for the default ones.</param>
/// <param name="Against">Folder of another evaluation; null for none.</param>
internal sealed record EvaluateRun(string Model, string Data, string Output, string? Policies, string? Against, ulong Seed, int Examples, string Provider)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task<int> RunAsync(Report report, CancellationToken cancellationToken)
    {
        if (Against is not null && Path.TrimEndingDirectorySeparator(Against) == Path.TrimEndingDirectorySeparator(Output))
        {
            throw new RecipeException("--against is the folder of --output: give that of another evaluation.");
        }

        var model = ModelFolder.Open(Model).Manifest;
        var policies = Policies is null ? PolicyParser.Defaults(model) : PolicyParser.Parse(Policies, model);
        var set = Dataset.Open(Data, model.Classes, new EntryProgress(report, "checked"), cancellationToken);
        report.Notes(set.Notes);
        Derivation.RequireTask(model, set);
        using var engine = ExitsEngine.Open(Model, Provider, cancellationToken);
        using var evaluator = new Evaluator(engine, set, new EvaluationOptions(policies, Seed, Examples, Against), Output);
        evaluator.CheckImages(new EntryProgress(report, "decoded"), cancellationToken);
        MeasuredSet? measured = null;
        if (evaluator.Todo.Count < set.Images.Count)
        {
            report.Note($"{set.Images.Count - evaluator.Todo.Count} of {set.Images.Count} images were measured by an earlier run.");
        }

        await report.TrackAsync("evaluate", evaluator.Todo.Count, async advance => measured = await evaluator.MeasureAsync(advance, cancellationToken));
        Write(await evaluator.CompareAsync(measured!, cancellationToken), report);
        return ExitCode.Done;
    }

    private void Write(EvaluationResult result, Report report)
    {
        var json = ReportJson.Of(result);
        Write("report.json", json.ToJsonString(Indented));
        Write("report.html", ReportPage.Of(result));
        report.Result(json, console => EvaluationTables.Show(console, result, Output));
    }

    private void Write(string name, string text)
    {
        var path = Path.Combine(Output, name);
        AtomicFile.Write(path, path + ".tmp", Encoding.UTF8.GetBytes(text));
    }
}
