using System.Text.Json.Nodes;
using EcoM2F.Cli.Commands;
using EcoM2F.Cli.Output;
using EcoM2F.Compiler;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Recipe.Gates;

namespace EcoM2F.Cli.TrainGate;

/// <summary>One run of <c>train-gate</c>: model, rows, training, and then the gate is installed, or is not.</summary>
internal sealed class TrainGateRun(TrainGateOptions given, Report report)
{
    public int Run(CancellationToken cancellationToken)
    {
        var options = given;

        // 1. what can be known to be wrong before anything is read
        var folder = ModelFolder.Open(SegmentCommand.FindModel(options.Model));
        var model = folder.Manifest;
        var profile = options.Profile ?? GateProfileRules.UtilityProfile(model);
        GateProfileRules.Check(model, profile, options.Kind, options.MakeDefault);
        options.Target?.Check(model);

        // 2. rows
        var rows = GateRows.Read(options.Files, Rules(folder), cancellationToken);
        options = options.For(rows.Data);

        // 3. training
        var trained = GateTraining.Train(rows.Data, Training(options, model), cancellationToken);
        var result = new GateReport(options, folder, profile, rows, trained);

        // 4. the gate is worth it, or someone wants it all the same
        if (!result.Decision.Install)
        {
            report.Result(result.Json(null), console => result.Show(console, null));
            report.Note($"Not installed: {result.Decision.Shortfall} --force installs it all the same.");
            return ExitCode.CheckFailed;
        }

        OrtRuntime.Initialize(0);
        var installed = GateInstaller.Install(folder.Path, NewGate(options, profile, rows.Data, trained, result.Provenance()));
        report.Result(result.Json(installed), console => result.Show(console, installed));
        if (result.Decision.Shortfall is { } shortfall)
        {
            report.Note($"Warning: {shortfall} Installed because of --force.");
        }

        return ExitCode.Done;
    }

    private GateRowRules Rules(ModelFolder folder) =>
        GateRowRules.For(folder.Manifest, GateInstaller.PooledWidth(folder), given.Sizes, given.Exits, given.DecoderExits) with
        {
            AnyModel = given.AnyModel,
            MixDatasets = given.MixDatasets,
            Scenes = given.Scene is { } pattern ? SceneRule.Parse(pattern) : SceneRule.Default,
        };

    private static GateTrainingOptions Training(TrainGateOptions options, ModelManifest model) => new GateTrainingOptions
    {
        Utility = options.IsUtility,
        Gain = options.Loss == TrainGateOptions.Gain,
        Target = options.Target,
        Folds = options.Folds,
        Seed = options.Seed,
        Guard = options.Guard,
        PenaltyBySets = options.PenaltyBySets,
    }.AtPricesOf(model);

    private static NewGate NewGate(TrainGateOptions options, string profile, GateData data, TrainedGate trained, JsonObject provenance) => new()
    {
        Profile = profile,
        Kind = options.Kind,
        Beta = options.IsUtility ? null : trained.Beta,
        Weight = trained.Gate.Weight,
        Bias = trained.Gate.Bias,
        Points = data.HasPoints ? data.Points : null,
        Guard = trained.Guard is { } guard ? new GateGuard(guard.MaxLeverage, data.Points[guard.Fallback]) : null,
        Leverage = trained.Guard is { } matrix ? new GateLeverage(matrix.Mean, matrix.Weight) : null,
        MakeDefault = options.MakeDefault,
        Provenance = provenance,
    };
}
