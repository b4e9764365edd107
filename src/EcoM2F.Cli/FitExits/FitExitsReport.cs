using System.Globalization;
using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.Score;
using EcoM2F.Compiler;
using EcoM2F.Inference.Benchmarking;
using EcoM2F.Inference.Compute;
using EcoM2F.Inference.Models;
using EcoM2F.Recipe.Adapters;
using Spectre.Console;

namespace EcoM2F.Cli.FitExits;

/// <summary>What a fit gained, as JSON and as tables.</summary>
internal sealed class FitExitsReport
{
    /// <summary>Share of the whole gain from which on more photographs hardly matter.</summary>
    private const double Enough = 0.95;

    /// <summary>Of the plot, in characters.</summary>
    private const int PlotWidth = 60;

    private readonly ExitFitResult _result;
    private readonly ModelManifest _model;
    private readonly string _folder;
    private readonly double? _gmacs;
    private readonly double? _milliseconds;

    /// <param name="model">As it is now.</param>
    /// <param name="folder">Where.</param>
    public FitExitsReport(ExitFitResult result, ModelManifest model, string folder, CancellationToken cancellationToken)
    {
        (_result, _model, _folder) = (result, model, folder);
        if (result.Adapters is [var adapter, ..])
        {
            _gmacs = new CostTable(model.Costs).At(result.Example.Input).Adapters?[adapter.Exit];
            _milliseconds = AdapterTimer.Measure(ExitAdapterGraph.Build(adapter), result.Example.LevelTokens, adapter.Width, cancellationToken);
        }
    }

    /// <summary>For the manifest.</summary>
    public static JsonObject Provenance(ExitFitResult result) => new()
    {
        ["photos"] = result.Photos,
        ["held_out"] = result.HeldOut,
        ["photos_hash"] = result.PhotosHash,
        ["penalty"] = ByExit(result.Exits.Where(static exit => exit.IsAdapted), static exit => exit.Penalty),
        ["agreement"] = ByExit(result.Exits.Where(static exit => exit.IsAdapted), static exit => Pair(Rounded(exit.AgreementBefore), Rounded(exit.AgreementAfter))),
        ["metric"] = result.Metric,
    };

    public JsonObject Json() => new()
    {
        ["output"] = _folder,
        ["model"] = _model.Name,
        ["photos"] = _result.Photos,
        ["held_out"] = _result.HeldOut,
        ["adapted"] = new JsonArray([.. _result.Adapters.Select(static adapter => (JsonNode)adapter.Exit)]),
        ["metric"] = _result.Metric,
        ["exits"] = ByExit(_result.Exits, static exit => new JsonObject
        {
            ["relative_error"] = Pair(exit.ErrorBefore, exit.ErrorAfter),
            ["agreement"] = Pair(Fraction(exit.AgreementBefore), Fraction(exit.AgreementAfter)),
            ["gain"] = new JsonObject { ["difference"] = Fraction(exit.Gain.Difference), ["low"] = Fraction(exit.Gain.Low), ["high"] = Fraction(exit.Gain.High) },
            ["penalty"] = exit.Penalty,
            ["adapted"] = exit.IsAdapted,
        }),
        ["adapter"] = _gmacs is null ? null : new JsonObject
        {
            ["input"] = new JsonArray(_result.Example.Input.Height, _result.Example.Input.Width),
            ["gmacs"] = _gmacs,
            ["milliseconds"] = _milliseconds,
        },
        ["curve"] = new JsonArray([.. _result.Curve.Select(point => new JsonObject
        {
            ["photos"] = point.Photos,
            ["relative_error"] = new JsonObject(_result.Exits.Select((exit, i) => KeyValuePair.Create<string, JsonNode?>(Name(exit), point.Error[i]))),
        })]),
        ["sums_share"] = _result.SumsShare,
    };

    public void Show(IAnsiConsole console)
    {
        console.Line($"{_result.Photos} photographs, {_result.HeldOut} of them held out: the numbers below are about those, with adapters fitted on the others.");
        console.Write(Exits());
        console.Line("held-out error by number of photographs:");
        console.Write(Curve());
        console.Write(Plot());
        if (PhotosThatAreEnough() is { } enough)
        {
            console.Line($"{enough} photographs give {Enough:P0} of the gain.");
        }

        console.Line(string.Create(CultureInfo.InvariantCulture, $"adding up products took {_result.SumsShare:P0} of the time of stem and encoder."));
        if (_gmacs is not null)
        {
            var input = _result.Example.Input;
            console.Line(string.Create(CultureInfo.InvariantCulture, $"an adapter costs {_gmacs:0.000} GMACs and {_milliseconds:0.0} ms at {input.Height} x {input.Width}."));
        }

        console.Line(_result.Adapters.Count == 0
            ? $"Nothing gained: {_folder} has no adapters."
            : $"{_folder}: exits {string.Join(", ", _result.Adapters.Select(static adapter => adapter.Exit))} have adapters, fitted on all {_result.Photos} photographs.");
    }

    private Table Exits()
    {
        var agreement = $"agreement ({_result.Metric} with exit {_model.MaxDepth})";
        var table = Table("exit", "relative error", "with adapter", agreement, "with adapter", "gain, 95%", "penalty", "");
        foreach (var exit in _result.Exits)
        {
            table.AddRow(
                Name(exit), Error(exit.ErrorBefore), Error(exit.ErrorAfter), ScoreNumber.Points(exit.AgreementBefore), ScoreNumber.Points(exit.AgreementAfter),
                $"{ScoreNumber.Points(exit.Gain.Low)} to {ScoreNumber.Points(exit.Gain.High)}", exit.Penalty.ToString("0e0", CultureInfo.InvariantCulture), exit.IsAdapted ? "adapted" : "nothing gained");
        }

        return table;
    }

    private Table Curve()
    {
        var table = Table("photographs", [.. _result.Exits.Select(static exit => $"exit {exit.Exit}")]);
        table.AddRow(["none", .. _result.Exits.Select(static exit => Error(exit.ErrorBefore))]);
        foreach (var point in _result.Curve)
        {
            table.AddRow([point.Photos.ToString(CultureInfo.InvariantCulture), .. point.Error.Select(Error)]);
        }

        return table;
    }

    /// <summary>The curve in the mean over exits, as bars.</summary>
    private BarChart Plot()
    {
        var chart = new BarChart { Width = PlotWidth, ShowValues = true }.Label("mean over exits by photographs").LeftAlignLabel()
            .UseValueFormatter(static (error, culture) => error.ToString("0.000", culture));
        chart.AddItem("none", _result.Exits.Average(static exit => exit.ErrorBefore));
        foreach (var point in _result.Curve)
        {
            chart.AddItem(point.Photos.ToString(CultureInfo.InvariantCulture), point.Error.Average());
        }

        return chart;
    }

    /// <summary>The fewest of the curve that bring the exits that gain, on average, most of what all photographs bring.</summary>
    private int? PhotosThatAreEnough()
    {
        var gaining = Enumerable.Range(0, _result.Exits.Count).Where(i => _result.Exits[i].IsAdapted).ToList();
        return gaining.Count == 0 ? null : _result.Curve.First(point => gaining.Average(i => Gain(i, point) / Gain(i, _result.Curve[^1])) >= Enough).Photos;

        double Gain(int exit, FitCurvePoint point) => _result.Exits[exit].ErrorBefore - point.Error[exit];
    }

    private static Table Table(string first, params string[] numbers)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumn(first);
        foreach (var number in numbers)
        {
            table.AddColumn(new TableColumn(number).RightAligned());
        }

        return table;
    }

    private static JsonObject ByExit(IEnumerable<FittedExit> exits, Func<FittedExit, JsonNode?> value) =>
        new(exits.Select(exit => KeyValuePair.Create(Name(exit), value(exit))));

    private static JsonArray Pair(JsonNode? before, JsonNode? after) => new(before, after);

    private static JsonNode? Fraction(double value) => double.IsNaN(value) ? null : JsonValue.Create(value);

    private static JsonNode? Rounded(double value) => Fraction(Math.Round(value, 4));

    private static string Name(FittedExit exit) => exit.Exit.ToString(CultureInfo.InvariantCulture);

    private static string Error(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
