using System.Text.Json.Nodes;
using EcoM2F.Cli.Commands;
using EcoM2F.Cli.Derive;
using EcoM2F.Cli.Evaluate;
using EcoM2F.Cli.FitExits;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.Score;
using EcoM2F.Cli.Segment;
using EcoM2F.Compiler;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Verification;
using EcoM2F.Recipe.Adapters;

namespace EcoM2F.Cli.Adapt;

/// <summary>
/// One run of <c>adapt</c>. All is made in a hidden folder beside the output, which is there when the last step is done and not before. A run that
/// was ended goes on with the step that it was ended in.
/// </summary>
internal sealed class AdaptRun(AdaptOptions options, Report report)
{
    private const int Steps = 7;

    /// <summary>Images that report.html shows.</summary>
    private const int Examples = 6;

    /// <summary>Called before each step with its number; an exception from it ends the run as a kill would.</summary>
    public Action<int> Starting { get; init; } = static _ => { };

    /// <summary>
    /// 1. Check everything. 2. Compile. 3. Fit exits. 4. Set sizes. 5. Derive agreement. 6. Train gates. 7. Evaluate on the photographs that were
    /// held out. Then put report and model in place.
    /// </summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        // 1. what can be known to be wrong before anything is written
        Starting(1);
        report.Note($"Step 1 of {Steps}: check checkpoint and photographs");
        AdaptPlacement.RequireNew(options);
        var checkpoint = CheckpointHash.Of(options.Checkpoint, cancellationToken);
        var photos = AdaptPhotos.Find(options.Photos, options.Holdout, new EntryProgress(report, "decoded"), cancellationToken);
        report.Notes(photos.Notes);
        report.Note($"{photos.Training.Count} photographs to fit on, {photos.HeldOut.Count} held out for the report.");
        var run = options.Run(checkpoint, photos.Hash);
        AdaptPlacement.RequireNewReport(options.Report, run);

        // 2. to 7.
        using var work = AdaptWork.Open(options.Output, run);
        try
        {
            await WorkAsync(work, photos, cancellationToken);
        }
        catch when (work.Done < 2)
        {
            work.Remove(); // nothing in it is of use
            throw;
        }

        var summary = new AdaptSummary(work.Results, options);
        var data = summary.Json(run, photos);
        AdaptPlacement.Place(work, options, data);
        report.Result(data, summary.Show);
        return ExitCode.Done;
    }

    private async Task WorkAsync(AdaptWork work, AdaptPhotos photos, CancellationToken cancellationToken)
    {
        AdaptPhotos.Link(photos.Training, work.Training);
        AdaptPhotos.Link(photos.HeldOut, work.HeldOut);

        await StepAsync(2, "compile", step => Task.Run(() => Compile(work, step, cancellationToken), cancellationToken));
        await StepAsync(3, "fit exits", step => FitExitsAsync(work, step, cancellationToken));
        await StepAsync(4, "sizes", step => Task.Run(() => SetSizes(work, step, cancellationToken), cancellationToken));
        await StepAsync(5, "derive the agreement of every size and exit with full depth", step =>
        {
            Directory.CreateDirectory(work.Report);
            return new DeriveRun(work.Model, work.Training, work.Rows, Shard.All, options.Provider, step).RunAsync(cancellationToken);
        });
        await StepAsync(6, "train gates", step => Task.Run(() => AdaptGates.Train(work.Model, work.Rows, step, cancellationToken), cancellationToken));
        await StepAsync(7, "evaluate on the photographs that were held out", step =>
        {
            var policies = AdaptGates.Policies(ModelFolder.Open(work.Model).Manifest);
            return new EvaluateRun(work.Model, work.HeldOut, work.Report, policies, Against: null, Seed: 0, Examples, options.Provider).RunAsync(step, cancellationToken);
        });

        async Task StepAsync(int number, string what, Func<Report, Task> step)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Starting(number);
            if (work.Done >= number)
            {
                report.Note($"Step {number} of {Steps}: {what} (done by an earlier run)");
                return;
            }

            report.Note($"Step {number} of {Steps}: {what}");
            var results = new JsonArray();
            await step(report.Step(results.Add));
            work.Complete(number, results);
        }
    }

    private void Compile(AdaptWork work, Report step, CancellationToken cancellationToken)
    {
        CompileCommand.Run(
            new CompileOptions
            {
                CheckpointFolder = options.Checkpoint,
                OutputFolder = work.Model,
                Name = options.ModelName,
                Version = options.Version,
                DecoderExits = options.DecoderExits,
                WriteCanary = CanaryWriter.WriteInto,
            },
            step,
            cancellationToken);

        // Hours later would be too late.
        var model = ModelFolder.Open(work.Model).Manifest;
        if (Sizes(model) is { } sizes)
        {
            SizeList.Parse(sizes, model.Preprocessing);
        }
        else if (model.Exits.Count == 1)
        {
            throw new CliException($"{options.Checkpoint} has one encoder layer, and its images one size: nothing can be chosen for an image. 'ecom2f compile' makes a model of it.");
        }
    }

    private async Task FitExitsAsync(AdaptWork work, Report step, CancellationToken cancellationToken)
    {
        if (ModelFolder.Open(work.Model).Manifest.Exits.Count == 1)
        {
            step.Note("The model has one exit: there is none to fit.");
            return;
        }

        await new FitExitsRun(work.Model, output: null, step).FitAsync(
            work.Training, new ExitFitOptions(options.FitPhotos, FitExitsCommand.UsualHoldout), options.Provider, cancellationToken);
    }

    private void SetSizes(AdaptWork work, Report step, CancellationToken cancellationToken)
    {
        var model = ModelFolder.Open(work.Model).Manifest;
        if (Sizes(model) is not { } sizes)
        {
            step.Note("The model's input has one size: there is no other to add.");
            return;
        }

        var after = SizesInstaller.Install(work.Model, sizes, outputFolder: null, removeGates: true, progress: null, cancellationToken).Manifest;
        step.Note($"Sizes {string.Join(", ", after.ShortestEdges)}; the model's own is {after.OwnSize}.");
    }

    private string? Sizes(ModelManifest model) => options.Sizes ?? AdaptSizes.Default(model.Preprocessing);
}
