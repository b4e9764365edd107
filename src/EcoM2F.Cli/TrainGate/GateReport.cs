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
    private readonly IReadOnlyList<int> _exits = rows.Data.Exits;

    public GateDecision Decision { get; } = GateDecision.Of(trained.Judgement, rows.Data.Exits, options.Force);

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
        ["folds"] = options.Folds,
        ["penalty"] = trained.Penalty,
        ["held_out"] = new JsonArray([.. trained.Judgement.Prices.Select(Price)]),
        ["difference"] = Interval(trained.Judgement.Difference),
        ["quality_against_full"] = Interval(trained.Judgement.AgainstFull),
        ["curve"] = new JsonArray([.. trained.Curve.Select(Point)]),
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
        ["folds"] = options.Folds,
        ["penalty"] = trained.Penalty,
        ["difference"] = Interval(trained.Judgement.Difference),
    };

    public void Show(IAnsiConsole console, InstalledGate? installed)
    {
        var left = rows.LeftOut > 0 ? $" ({rows.LeftOut} more have nothing to score)" : "";
        console.Line(string.Create(CultureInfo.InvariantCulture, $"{rows.Data.Images} images{left}, each held out once in {options.Folds} parts; {options.Kind} by {options.Loss}, penalty {trained.Penalty:0.####}, seed {options.Seed}"));
        foreach (var price in trained.Judgement.Prices)
        {
            console.Write(Table(price));
        }

        if (trained.Curve.Count > 0)
        {
            console.Write(Curve());
        }

        var (value, low, high) = trained.Judgement.Difference;
        console.Line(string.Create(CultureInfo.InvariantCulture, $"utility against the best static depth  {value:+0.00;-0.00;0.00} PQ points [{low:0.00}, {high:0.00}]"));
        (value, low, high) = trained.Judgement.AgainstFull;
        console.Line(string.Create(CultureInfo.InvariantCulture, $"quality against full depth             {value:+0.00;-0.00;0.00} PQ points [{low:0.00}, {high:0.00}]"));
        if (installed is not null)
        {
            var gates = installed.Manifest.Gates!;
            var price = trained.Beta is { } beta && !options.IsUtility ? FormattableString.Invariant($", beta {beta}") : "";
            console.Line($"installed  {folder.Path}: {gates.Profiles[profile].File} as {profile} ({options.Kind}{price}); default {gates.Default}");
            console.Line($"left for readers of the old manifest until the next installation: {string.Join(", ", installed.Superseded)}");
        }
    }

    private Table Table(PriceJudgement price)
    {
        var table = new Table().Border(TableBorder.Minimal).Title(string.Create(CultureInfo.InvariantCulture, $"beta {price.Beta:0.###} PQ points per layer"));
        table.AddColumn("policy");
        foreach (var name in (string[])["utility", "quality", "mean depth", .. _exits.Select(exit => string.Create(CultureInfo.InvariantCulture, $"at {exit}"))])
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        Row("gate", price.Gate);
        Row("oracle (the targets)", price.Oracle);
        for (var k = 0; k < _exits.Count; k++)
        {
            Row($"always {_exits[k]}{(k == price.Best ? " (best)" : "")}", price.Statics[k]);
        }

        return table;

        void Row(string name, PolicyScore score) => table.AddRow(
        [
            name, Points(score.Utility), Points(100 * score.Quality), Points(score.MeanDepth),
            .. score.Depths.Select(static count => count.ToString(CultureInfo.InvariantCulture)),
        ]);
    }

    private Table Curve()
    {
        var table = new Table().Border(TableBorder.Minimal).Title("around the price that was found");
        foreach (var name in (string[])["beta", "mean depth", "quality", "loss against full depth", "utility", "best static's"])
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        foreach (var point in trained.Curve)
        {
            table.AddRow(
                point.Beta.ToString("0.000", CultureInfo.InvariantCulture) + (point.Beta == trained.Beta ? " *" : ""),
                Points(point.Gate.MeanDepth), Points(100 * point.Gate.Quality), Points(point.QualityLoss), Points(point.Gate.Utility), Points(point.BestStatic.Utility));
        }

        return table;
    }

    private JsonNode Price(PriceJudgement price)
    {
        var best = Policy(price.BestStatic);
        best["depth"] = _exits[price.Best];
        return new JsonObject
        {
            ["beta"] = price.Beta,
            ["gate"] = Policy(price.Gate),
            ["oracle"] = Policy(price.Oracle),
            ["best_static"] = best,
            ["statics"] = new JsonArray([.. price.Statics.Select(Policy)]),
        };
    }

    private JsonObject Policy(PolicyScore score) => new()
    {
        ["utility"] = score.Utility,
        ["quality"] = score.Quality,
        ["mean_depth"] = score.MeanDepth,
        ["depths"] = new JsonObject(_exits.Zip(score.Depths, static (exit, count) => KeyValuePair.Create<string, JsonNode?>(exit.ToString(CultureInfo.InvariantCulture), count))),
    };

    private static JsonNode Point(PriceJudgement point) => new JsonObject
    {
        ["beta"] = point.Beta,
        ["mean_depth"] = point.Gate.MeanDepth,
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

    private static string Points(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
