using System.CommandLine;
using EcoM2F.Cli.FitExits;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Onnx;
using EcoM2F.Recipe.Adapters;

namespace EcoM2F.Cli.Commands;

/// <summary><c>ecom2f fit-exits</c>: adapters for a model's exits from photographs without labels.</summary>
internal static class FitExitsCommand
{
    /// <summary>Beyond this many the error hardly falls: docs/exits.md.</summary>
    public const int UsualPhotos = 120;

    public const int MostPhotos = 100_000;

    public const double UsualHoldout = 0.2;

    public static Command Create()
    {
        var model = SharedOptions.Model();
        var photos = new Argument<DirectoryInfo?>("PHOTOS") { Description = "Folder of photographs, searched with all folders below it; no labels are read.", Arity = ArgumentArity.ZeroOrOne };
        var output = new Option<DirectoryInfo?>("--output", "-o") { Description = "Folder for a copy of the model with the adapters; must not exist. Without it the model is changed in place.", HelpName = "MODEL" };
        var most = SharedOptions.Integer("--photos", UsualPhotos, 8, MostPhotos, "Photographs to use; of more, so many are taken evenly in the order of their names.");
        var holdout = SharedOptions.Number("--holdout", UsualHoldout, 0.05, 0.5, "Share of the photographs that penalties are chosen on and the report is about.");
        var remove = new Option<bool>("--remove") { Description = "Take the adapters out: the graphs are as they were compiled." };
        var provider = SharedOptions.Choice("--execution-provider", "What the model runs on.", ExecutionTarget.CpuProvider, ExecutionTarget.CudaProvider);
        var json = SharedOptions.Json();
        var command = new Command("fit-exits", "Fit an affine map for each exit, in closed form, that brings its tokens nearer to the last layer's. Run the same command again to resume.")
        {
            model, photos, output, most, holdout, remove, provider, json,
        };
        command.Validators.Add(result =>
        {
            var removes = result.GetValue(remove);
            if (removes == (result.GetValue(photos) is not null))
            {
                result.AddError(removes ? "--remove takes adapters out and needs no PHOTOS; leave one of them out." : "PHOTOS is missing: a folder of photographs, or --remove to take adapters out.");
            }
        });
        command.SetAction((parsed, cancellationToken) =>
        {
            var report = new Report(parsed.GetValue(json));
            var run = new FitExitsRun(parsed.GetRequiredValue(model).FullName, parsed.GetValue(output)?.FullName, report);
            return CommandRunner.RunAsync(report, () => Task.Run(
                () => parsed.GetValue(photos) is { } folder
                    ? run.FitAsync(folder.FullName, new ExitFitOptions(parsed.GetValue(most), parsed.GetValue(holdout)), parsed.GetRequiredValue(provider), cancellationToken)
                    : Task.FromResult(run.Remove(cancellationToken)),
                cancellationToken));
        });
        return command;
    }
}
