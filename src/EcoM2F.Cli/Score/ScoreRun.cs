using EcoM2F.Cli.Output;
using EcoM2F.Recipe.Scoring;

namespace EcoM2F.Cli.Score;

/// <summary>One run of <c>score</c>.</summary>
internal sealed class ScoreRun(ScoreOptions options, Report report)
{
    public int Run(CancellationToken cancellationToken)
    {
        options.Check();
        var progress = new EntryProgress(report, "scored");
        switch (options.Task)
        {
            case ScoreOptions.Panoptic:
                var panoptic = PanopticFiles.Score(new ScoredFile(options.Truth, options.TruthFolder), new ScoredFile(options.Prediction, options.PredictionFolder), progress, cancellationToken);
                report.Result(PanopticReport.Json(panoptic), console => PanopticReport.Show(console, panoptic));
                break;
            case ScoreOptions.Semantic:
                var semantic = SemanticFiles.Score(options.Truth, options.Prediction, progress, cancellationToken);
                report.Result(SemanticReport.Json(semantic), console => SemanticReport.Show(console, semantic));
                break;
            default:
                var objects = ObjectFiles.Score(options.Truth, options.Prediction, options.Task == ScoreOptions.Instance, progress, cancellationToken);
                report.Notes(objects.Notes);
                report.Result(ObjectReport.Json(objects), console => ObjectReport.Show(console, objects));
                break;
        }

        return ExitCode.Done;
    }
}
