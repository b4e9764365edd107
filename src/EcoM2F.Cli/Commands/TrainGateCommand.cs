using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.TrainGate;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Cli.Commands;

/// <summary><c>ecom2f train-gate</c>: from derived rows to a gate in a model folder.</summary>
internal static class TrainGateCommand
{
    public static Command Create()
    {
        var rows = new Argument<string[]>("DERIVED.jsonl") { Description = "Rows that 'derive' wrote: one file, or the shards of one data set.", Arity = ArgumentArity.OneOrMore };
        var model = new Option<string>("--model") { Description = "Model folder, or the name of one in the models folder.", Required = true, HelpName = "MODEL" };
        var profile = new Option<string?>("--profile") { Description = "Name of the gate; an existing gate of that name is replaced. A utility gate needs no name.", HelpName = "NAME" };
        var kind = SharedOptions.Choice("--kind", "classifier: chooses at one price. utility: predicts quality, so that each request can set its own price.", GateProfile.Classifier, GateProfile.Utility);
        var loss = SharedOptions.Choice("--loss", "best-exit: cross-entropy against each image's best exit (the paper's). gain: regression on the quality that each exit gains [default: best-exit, of rows with sizes gain; a utility gate is always gain].", TrainGateOptions.BestExit, TrainGateOptions.Gain);
        loss.DefaultValueFactory = static _ => "";
        var beta = Optional("--beta", ComputeBudget.MinBeta, ComputeBudget.MaxBeta, "Price of one layer, in PQ points.");
        var depth = Optional("--target-depth", 1, 1000, "Instead of a price: the mean depth to reach, in layers.");
        var gmacs = Optional("--target-gmacs", 0.001, 100000, "Instead of a price: the mean cost to reach, in GMACs of the whole model.");
        var qualityLoss = Optional("--max-quality-loss", -100, 100, "Instead of a price: the most quality that may be lost against the deepest exit, in PQ points.");
        var holdout = SharedOptions.Number("--holdout", 0.2, 0.1, 0.33, "Share of the images held out at a time; each image is held out once. Of rows with sizes, up to 200 images, each scene alone.");
        var sizes = SharedOptions.Integers("--sizes", "Choose among these sizes only (shortest edges) [default: all that the rows have].");
        var exits = SharedOptions.Integers("--exits", "Of rows with sizes: choose among these exits only [default: all].");
        var decoderExits = SharedOptions.Integers("--decoder-exits", "Of rows with decoder depths: choose among these decoder exits only [default: all].");
        var scene = new Option<string?>("--scene") { Description = "Regular expression whose first group names the scene that an image shows; images of one scene are held out together [default: names that differ in the digit after their last '_'].", HelpName = "PATTERN" };
        var guard = SharedOptions.Number("--guard", 0.95, 0.5, 1, "Of rows with sizes: the share of images like the rows' that the gate decides about; others get one fixed point.");
        var noGuard = new Option<bool>("--no-guard") { Description = "Let the gate decide about every image." };
        var penaltyBy = SharedOptions.Choice("--penalty-by", "Where the penalty of the regression is chosen: on scenes left out, or on data sets left out whole, which makes a cautious gate that learns little.", "scenes", "sets");
        var seed = Whole("--seed", 0, uint.MaxValue, "Seed of the split, the training and the bootstrap.");
        var force = new Option<bool>("--force") { Description = "Install the gate even if it is not shown to beat the best fixed depth, or point." };
        var makeDefault = new Option<bool>("--default") { Description = "Make it the model's default gate, for requests without a budget." };
        var anyModel = new Option<bool>("--any-model") { Description = "Accept rows of another model, and rows that do not name their model." };
        var mix = new Option<bool>("--mix-datasets") { Description = "Train on the rows of several data sets together. With sizes a table shows each set left out whole." };
        var json = SharedOptions.Json();
        var command = new Command(
            "train-gate",
            "Train a gate on derived rows and install it. Exit code 1 if it is not better than the best fixed depth, or point of no higher cost, on held-out images (95%) and is therefore not installed.")
        {
            rows, model, profile, kind, loss, beta, depth, gmacs, qualityLoss, sizes, exits, decoderExits, holdout, scene, guard, noGuard, penaltyBy, seed, force, makeDefault, anyModel, mix, json,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var report = new Report(parsed.GetValue(json));
            return CommandRunner.RunAsync(
                report,
                () =>
                {
                    var options = new TrainGateOptions
                    {
                        Files = parsed.GetRequiredValue(rows),
                        Model = parsed.GetRequiredValue(model),
                        Profile = parsed.GetValue(profile),
                        Kind = parsed.GetRequiredValue(kind),
                        Loss = parsed.GetRequiredValue(loss),
                        Target = Target(parsed.GetValue(beta), parsed.GetValue(depth), parsed.GetValue(gmacs), parsed.GetValue(qualityLoss)),
                        Folds = (int)Math.Round(1 / parsed.GetValue(holdout)),
                        Seed = (ulong)parsed.GetValue(seed),
                        Force = parsed.GetValue(force),
                        MakeDefault = parsed.GetValue(makeDefault),
                        AnyModel = parsed.GetValue(anyModel),
                        MixDatasets = parsed.GetValue(mix),
                        PenaltyBySets = parsed.GetRequiredValue(penaltyBy) == "sets",
                        Sizes = parsed.GetValue(sizes) ?? [],
                        Exits = parsed.GetValue(exits) ?? [],
                        DecoderExits = parsed.GetValue(decoderExits) ?? [],
                        Scene = parsed.GetValue(scene),
                        Guard = parsed.GetValue(noGuard) ? null : parsed.GetValue(guard),
                    };
                    return new TrainGateRun(options.Checked(), report).Run(cancellationToken);
                },
                cancellationToken);
        });
        return command;
    }

    private static GateTarget? Target(double? beta, double? depth, double? gmacs, double? qualityLoss)
    {
        GateTarget?[] given =
        [
            beta is { } price ? new GateTarget(GateTargetKind.Beta, price) : null,
            depth is { } layers ? new GateTarget(GateTargetKind.Depth, layers) : null,
            gmacs is { } cost ? new GateTarget(GateTargetKind.Gmacs, cost) : null,
            qualityLoss is { } points ? new GateTarget(GateTargetKind.QualityLoss, points) : null,
        ];
        return given.Count(static target => target is not null) <= 1
            ? given.FirstOrDefault(static target => target is not null)
            : throw new CliException("Give only one of --beta, --target-depth, --target-gmacs and --max-quality-loss.");
    }

    private static Option<double?> Optional(string name, double least, double most, string description) => new(name)
    {
        Description = string.Create(CultureInfo.InvariantCulture, $"{description} [{least} to {most}]"),
        HelpName = "NUMBER",
        CustomParser = result => Parse(result, name, "numbers", least, most) is { } value && !double.IsNaN(value) ? value : null,
    };

    private static Option<long> Whole(string name, long least, long most, string description) => new(name)
    {
        Description = string.Create(CultureInfo.InvariantCulture, $"{description} [{least} to {most}]"),
        HelpName = "NUMBER",
        CustomParser = result => (long)Parse(result, name, "whole numbers", least, most),
        DefaultValueFactory = _ => least,
    };

    private static double Parse(ArgumentResult result, string name, string numbers, double least, double most)
    {
        var text = result.Tokens[0].Value;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && value >= least && value <= most && (numbers == "numbers" || value == Math.Floor(value)))
        {
            return value;
        }

        result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is '{text}'; allowed are {numbers} from {least} to {most}."));
        return least;
    }
}
