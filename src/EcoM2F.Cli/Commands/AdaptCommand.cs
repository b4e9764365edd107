using System.CommandLine;
using EcoM2F.Cli.Adapt;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Onnx;

namespace EcoM2F.Cli.Commands;

/// <summary><c>ecom2f adapt</c>: from a checkpoint and photographs without labels to an adaptive model.</summary>
internal static class AdaptCommand
{
    public static Command Create()
    {
        var checkpoint = new Argument<DirectoryInfo>("CHECKPOINT") { Description = "Folder with config.json and model.safetensors, as 'compile' takes it." };
        var photos = new Argument<DirectoryInfo>("PHOTOS") { Description = $"Folder of photographs like those that the model will see, {AdaptPhotos.Fewest} at least, searched with all folders below it; no labels are read." };
        var output = new Option<DirectoryInfo>("--output", "-o") { Description = "Model folder to make; must not exist.", Required = true, HelpName = "MODEL" };
        var folder = new Option<DirectoryInfo?>("--report") { Description = "Folder for the report and the derived rows; must not exist [default: NAME-report in the current folder].", HelpName = "FOLDER" };
        var name = new Option<string?>("--name") { Description = "The model's name [a-z, 0-9, '.', '_', '-', at most 64; default: the folder's name].", HelpName = "NAME" };
        var version = new Option<string>("--model-version") { Description = "The model's version.", HelpName = "VERSION", DefaultValueFactory = static _ => "1" };
        var sizes = new Option<string?>("--sizes") { Description = $"Comma-separated list of sizes that images may be resized to [default: 0.6 and 0.8 of the own size], in pixels: {SizesCommand.ListHelp}", HelpName = "LIST" };
        var decoderExits = CompileCommand.DecoderExits();
        var most = SharedOptions.Integer("--photos", FitExitsCommand.UsualPhotos, 8, FitExitsCommand.MostPhotos, "Photographs that exits are fitted on; of more, so many are taken evenly. Gates use all but those that are held out.");
        var holdout = SharedOptions.Number("--holdout", 0.2, 0.05, 0.5, "Share of the photographs that nothing is fitted on: the report is about them.");
        var provider = SharedOptions.Choice("--execution-provider", "What the model runs on.", ExecutionTarget.CpuProvider, ExecutionTarget.CudaProvider);
        var json = SharedOptions.Json();
        var command = new Command("adapt", "Make an adaptive model of a checkpoint: compile it, fit its exits, give it sizes and gates, and report on photographs that were held out. Run the same command again to resume.")
        {
            checkpoint, photos, output, folder, name, version, sizes, decoderExits, most, holdout, provider, json,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var report = new Report(parsed.GetValue(json));
            var target = Path.TrimEndingDirectorySeparator(parsed.GetRequiredValue(output).FullName);
            var options = new AdaptOptions
            {
                Checkpoint = parsed.GetRequiredValue(checkpoint).FullName,
                Photos = parsed.GetRequiredValue(photos).FullName,
                Output = target,
                Report = Path.TrimEndingDirectorySeparator(parsed.GetValue(folder)?.FullName ?? Path.GetFullPath($"{Path.GetFileName(target)}-report")),
                Name = parsed.GetValue(name),
                Version = parsed.GetRequiredValue(version),
                Sizes = parsed.GetValue(sizes),
                DecoderExits = parsed.GetValue(decoderExits),
                FitPhotos = parsed.GetValue(most),
                Holdout = parsed.GetValue(holdout),
                Provider = parsed.GetRequiredValue(provider),
            };
            return CommandRunner.RunAsync(report, () => Task.Run(() => new AdaptRun(options, report).RunAsync(cancellationToken), cancellationToken));
        });
        return command;
    }
}
