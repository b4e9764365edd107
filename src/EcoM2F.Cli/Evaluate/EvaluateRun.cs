using System.Globalization;
using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.Score;
using EcoM2F.Compiler;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Recipe.Datasets;
using EcoM2F.Recipe.Derive;
using EcoM2F.Recipe.Evaluation;
using EcoM2F.Recipe.Reports;
using EcoM2F.Recipe.Thresholds;

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

    /// <summary>Whether score thresholds of classes are found too.</summary>
    public bool Tune { get; init; }

    /// <summary>Whether they are written into the model where they are better.</summary>
    public bool Write { get; init; }

    /// <summary>Whether they are written all the same.</summary>
    public bool Force { get; init; }

    public async Task<int> RunAsync(Report report, CancellationToken cancellationToken)
    {
        EvaluationOptions.RequireOtherFolder(Against, Output);
        var model = ModelFolder.Open(Model).Manifest;
        var policies = Policies is null ? PolicyParser.Defaults(model) : PolicyParser.Parse(Policies, model);
        var set = Dataset.OpenFor(model, Data, Agreement, new EntryProgress(report, "checked"), cancellationToken);
        report.Notes(set.Notes);
        Derivation.RequireTask(model, set);
        if (Tune)
        {
            ThresholdTuner.Require(set);
        }

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
        if (Tune)
        {
            result = result with { Thresholds = await TuneAsync(engine, measured!, report, cancellationToken) };
        }

        report.Result(ReportFiles.Write(result, Output), console => EvaluationTables.Show(console, result, Output));
        return result.Thresholds is { } tuning && Write ? Tell(tuning, report) : ExitCode.Done;
    }

    /// <summary>Finds thresholds, and writes them where that is asked for and they are better.</summary>
    private async Task<ThresholdTuning> TuneAsync(ExitsEngine engine, MeasuredSet measured, Report report, CancellationToken cancellationToken)
    {
        var tuner = new ThresholdTuner(engine, measured);
        ThresholdTuning? found = null;
        await report.TrackAsync("thresholds", tuner.Steps, async advance => found = await tuner.TuneAsync(Seed, advance, cancellationToken));
        if (!Write || !(found!.IsBetter || Force))
        {
            return found!;
        }

        cancellationToken.ThrowIfCancellationRequested();
        var absent = (engine.Model.Postprocessing.ClassThresholds ?? new Dictionary<string, float>()).Where(entry => found.Classes.All(item => item.Name != entry.Key));
        ThresholdsInstaller.Install(Model, engine.Model, found.Chosen.Concat(absent).ToDictionary(), Provenance(found, measured.Set));
        return found with { Written = true };
    }

    private static JsonObject Provenance(ThresholdTuning found, Dataset set) => new()
    {
        ["dataset"] = set.Hash,
        ["images"] = found.Images,
        ["metric"] = found.Metric,
        ["difference"] = found.Difference.Difference,
        ["low"] = found.Difference.Low,
        ["high"] = found.Difference.High,
    };

    private static int Tell(ThresholdTuning tuning, Report report)
    {
        var shortfall = string.Create(CultureInfo.InvariantCulture, $"On held-out images the thresholds change {tuning.Metric} by {100 * tuning.Difference.Difference:0.00} points, 95% between {100 * tuning.Difference.Low:0.00} and {100 * tuning.Difference.High:0.00}; it must be above 0.");
        if (!tuning.Written)
        {
            report.Note($"Not written: {shortfall} --force writes them all the same.");
            return ExitCode.CheckFailed;
        }

        if (!tuning.IsBetter)
        {
            report.Note($"Warning: {shortfall} Written because of --force.");
        }

        return ExitCode.Done;
    }
}
