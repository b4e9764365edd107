using EcoM2F.Cli.Output;
using EcoM2F.Cli.Score;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
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
    /// <summary>Whether a set's labels are left aside.</summary>
    public bool Agreement { get; init; }

    /// <summary>Of the graphs that run.</summary>
    public string Precision { get; init; } = GraphPrecisions.Fp32;

    public async Task<int> RunAsync(Report report, CancellationToken cancellationToken)
    {
        EvaluationOptions.RequireOtherFolder(Against, Output);
        var model = ModelFolder.Open(Model).Manifest;
        var policies = Policies is null ? PolicyParser.Defaults(model) : PolicyParser.Parse(Policies, model);
        var set = Dataset.OpenFor(model, Data, Agreement, new EntryProgress(report, "checked"), cancellationToken);
        report.Notes(set.Notes);
        Derivation.RequireTask(model, set);
        using var engine = ExitsEngine.Open(Model, Provider, cancellationToken, Precision);
        using var evaluator = new Evaluator(engine, set, new EvaluationOptions(policies, Seed, Examples, Against), Output);
        evaluator.CheckImages(new EntryProgress(report, "decoded"), cancellationToken);
        MeasuredSet? measured = null;
        if (evaluator.Todo.Count < set.Images.Count)
        {
            report.Note($"{set.Images.Count - evaluator.Todo.Count} of {set.Images.Count} images were measured by an earlier run.");
        }

        await report.TrackAsync("evaluate", evaluator.Todo.Count, async advance => measured = await evaluator.MeasureAsync(advance, cancellationToken));
        var result = await evaluator.CompareAsync(measured!, cancellationToken);
        report.Result(ReportFiles.Write(result, Output), console => EvaluationTables.Show(console, result, Output));
        return ExitCode.Done;
    }
}
