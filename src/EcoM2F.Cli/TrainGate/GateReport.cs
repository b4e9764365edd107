using System.Globalization;
using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using EcoM2F.Compiler;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Gates;
using EcoM2F.Recipe.Metrics;
using Spectre.Console;

namespace EcoM2F.Cli.TrainGate;

/// <summary>What a gate turned out to be worth, as JSON and for a person. Qualities are fractions in JSON and PQ points in text; utilities PQ points.</summary>
internal sealed class GateReport(TrainGateOptions options, ModelFolder folder, string profile, GateRows rows, TrainedGate trained)
{
    private readonly GateData _data = rows.Data;

    public GateDecision Decision { get; } = GateDecision.Of(trained.Judgement, rows.Data.Points, options.Force);

    public JsonObject Json(InstalledGate? installed) => new()
    {
        ["model"] = folder.Manifest.Name,
        ["path"] = folder.Path,
        ["profile"] = profile,
        ["kind"] = options.Kind,
        ["loss"] = options.Loss,
        ["beta"] = trained.Beta,
        ["images"] = rows.Data.Images,
        ["left_out"] = rows.LeftOut,
        ["datasets"] = Texts(rows.Datasets),
        ["models"] = Texts(rows.Models),
        ["seed"] = options.Seed,
        ["folds"] = trained.Parts,
        ["penalty"] = trained.Penalty,
        ["held_out"] = new JsonArray([.. trained.Judgement.Prices.Select(Price)]),
        ["difference"] = Interval(trained.Judgement.Difference),
        ["against_random"] = Interval(trained.Judgement.AgainstRandom),
        ["quality_against_full"] = Interval(trained.Judgement.AgainstFull),
        ["curve"] = new JsonArray([.. trained.Curve.Select(Point)]),
        ["quality_is"] = rows.IsAgreement ? "agreement" : "quality",
        ["gmacs"] = trained.Judgement.Prices.Average(static price => price.Gate.Gmacs),
        ["full_gmacs"] = trained.Judgement.Prices[0].Full.Gmacs,
        ["points"] = _data.HasPoints ? Sizes() : null,
        ["worth_it"] = trained.Judgement.IsWorthIt,
        ["installed"] = installed is not null,
        ["default"] = (installed?.Manifest ?? folder.Manifest).Gates?.Default,
        ["files"] = Texts(installed is null ? [] : [installed.Manifest.Gates!.Profiles[profile].File, installed.Manifest.Canary, ModelManifest.FileName]),
        ["superseded"] = Texts(installed?.Superseded ?? []),
        ["reason"] = Decision.Shortfall,
    };

    /// <summary>For the manifest: how the gate came to be and what it was worth.</summary>
    public JsonObject Provenance() => new()
    {
        ["loss"] = options.Loss,
        ["images"] = rows.Data.Images,
        ["datasets"] = Texts(rows.Datasets),
        ["seed"] = options.Seed,
        ["folds"] = trained.Parts,
        ["penalty"] = trained.Penalty,
        ["quality_is"] = rows.IsAgreement ? "agreement" : "quality",
        ["difference"] = Interval(trained.Judgement.Difference),
    };

    public void Show(IAnsiConsole console, InstalledGate? installed)
    {
        new GateTables(options, rows, trained).Show(console);
        if (installed is not null)
        {
            var gates = installed.Manifest.Gates!;
            var price = trained.Beta is { } beta && !options.IsUtility ? FormattableString.Invariant($", beta {beta}") : "";
            console.Line($"installed  {folder.Path}: {gates.Profiles[profile].File} as {profile} ({options.Kind}{price}); default {gates.Default}");
            console.Line($"left for readers of the old manifest until the next installation: {string.Join(", ", installed.Superseded)}");
        }
    }

    /// <summary>What only a gate over points has.</summary>
    private JsonObject Sizes() => new()
    {
        ["shared"] = trained.Shared,
        ["scenes"] = _data.SceneCount,
        ["against_depth_alone"] = trained.Judgement.AgainstDepthAlone is { } depth ? Interval(depth) : null,
        ["against_size_alone"] = trained.Judgement.AgainstSizeAlone is { } size ? Interval(size) : null,
        ["unguarded"] = trained.Unguarded is { } unguarded ? new JsonArray([.. unguarded.Prices.Select(Price)]) : null,
        ["guard"] = trained.Guard is { } guard
            ? new JsonObject { ["max_leverage"] = guard.MaxLeverage, ["fallback"] = GateTables.Name(_data.Points[guard.Fallback]), ["held_out_fallbacks"] = guard.HeldOut }
            : null,
        ["left_out_sets"] = new JsonArray([.. trained.LeftOut.Select(LeftOut)]),
    };

    private JsonNode LeftOut(LeftOutSet set)
    {
        var best = Policy(set.Fixed);
        best["point"] = GateTables.Name(_data.Points[set.FixedPoint]);
        return new JsonObject
        {
            ["dataset"] = rows.Datasets[set.Set],
            ["images"] = set.Images,
            ["unguarded"] = Policy(set.Unguarded),
            ["guarded"] = set.Guarded is { } guarded ? Policy(guarded) : null,
            ["fallbacks"] = set.Fallbacks,
            ["fixed"] = best,
        };
    }

    private JsonNode Price(PriceJudgement price)
    {
        var best = Policy(price.BestStatic);
        best["depth"] = _data.Points[price.Best].Depth;
        var json = new JsonObject
        {
            ["beta"] = price.Beta,
            ["gate"] = Policy(price.Gate),
            ["oracle"] = Policy(price.Oracle),
            ["best_static"] = best,
            ["statics"] = new JsonArray([.. price.Statics.Select(Policy)]),
        };
        if (_data.HasPoints)
        {
            best["point"] = GateTables.Name(_data.Points[price.Best]);
            var affordable = Policy(price.Statics[price.BestAffordable]);
            affordable["point"] = GateTables.Name(_data.Points[price.BestAffordable]);
            json["best_affordable"] = affordable;
            json["depth_alone"] = price.DepthAlone is { } depth ? Policy(depth) : null;
            json["size_alone"] = price.SizeAlone is { } size ? Policy(size) : null;
            json["random_quality"] = price.RandomQuality;
        }

        return json;
    }

    private JsonObject Policy(PolicyScore score)
    {
        var json = new JsonObject
        {
            ["utility"] = score.Utility,
            ["quality"] = score.Quality,
            ["mean_depth"] = score.MeanDepth,
            ["depths"] = new JsonObject(_data.Points.Zip(score.Chosen).GroupBy(static pair => pair.First.Depth, static pair => pair.Second)
                .Select(static group => KeyValuePair.Create<string, JsonNode?>(group.Key.ToString(CultureInfo.InvariantCulture), group.Sum()))),
        };
        if (_data.HasPoints)
        {
            json["gmacs"] = score.Gmacs;
            json["layer_equivalents"] = score.MeanCost;
            json["points"] = new JsonObject(_data.Points.Zip(score.Chosen).Where(static pair => pair.Second > 0)
                .Select(static pair => KeyValuePair.Create<string, JsonNode?>(GateTables.Name(pair.First), pair.Second)));
        }

        return json;
    }

    private static JsonNode Point(PriceJudgement point) => new JsonObject
    {
        ["beta"] = point.Beta,
        ["mean_depth"] = point.Gate.MeanDepth,
        ["gmacs"] = point.Gate.Gmacs,
        ["quality"] = point.Gate.Quality,
        ["quality_loss"] = point.QualityLoss,
        ["utility"] = point.Gate.Utility,
        ["best_static_utility"] = point.BestStatic.Utility,
    };

    private static JsonObject Interval(PairedDifference difference) => new()
    {
        ["value"] = difference.Difference,
        ["low"] = difference.Low,
        ["high"] = difference.High,
    };

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(static text => (JsonNode)text)]);
}
