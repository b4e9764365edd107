using System.CommandLine;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.Score;

namespace EcoM2F.Cli.Commands;

/// <summary><c>ecom2f score</c>: predictions in files against true ones, with the numbers of the official tools.</summary>
internal static class ScoreCommand
{
    public static Command Create()
    {
        var task = new Argument<string>("TASK") { Description = "panoptic (PQ), instance (mask and box AP), detection (box AP) or semantic (mIoU).", HelpName = string.Join('|', ScoreOptions.Tasks) };
        task.CompletionSources.Add([.. ScoreOptions.Tasks]);
        task.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && !ScoreOptions.Tasks.Contains(token.Value))
            {
                result.AddError($"TASK is '{token.Value}'; allowed are {string.Join(", ", ScoreOptions.Tasks)}.");
            }
        });
        var truth = new Option<string>("--gt") { Description = "Ground truth: COCO JSON; for semantic a folder of label PNGs (255 is void).", Required = true, HelpName = "GT" };
        var truthFolder = new Option<string?>("--gt-folder") { Description = "Panoptic PNGs of GT [default: GT without .json].", HelpName = "FOLDER" };
        var prediction = new Option<string>("--pred") { Description = "Predictions: COCO panoptic JSON, COCO result list, or a folder of label PNGs.", Required = true, HelpName = "PRED" };
        var predictionFolder = new Option<string?>("--pred-folder") { Description = "Panoptic PNGs of PRED [default: PRED without .json].", HelpName = "FOLDER" };
        var json = SharedOptions.Json();
        var command = new Command("score", "Score predictions in files as panopticapi and pycocotools do. With --json, scores are fractions; -1 means that there is nothing to score.")
        {
            task, truth, truthFolder, prediction, predictionFolder, json,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var report = new Report(parsed.GetValue(json));
            var options = new ScoreOptions(
                parsed.GetRequiredValue(task),
                parsed.GetRequiredValue(truth),
                parsed.GetValue(truthFolder),
                parsed.GetRequiredValue(prediction),
                parsed.GetValue(predictionFolder));
            return CommandRunner.RunAsync(report, () => new ScoreRun(options, report).Run(cancellationToken), cancellationToken);
        });
        return command;
    }
}
