using System.Globalization;
using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.Score;
using EcoM2F.Recipe.Gates;
using Spectre.Console;

namespace EcoM2F.Cli.Adapt;

/// <summary>What came out of a run, as JSON and for a person. Agreement is a fraction in JSON, in points in text.</summary>
/// <param name="results">Of the steps, by their numbers.</param>
internal sealed class AdaptSummary(IReadOnlyDictionary<int, JsonArray> results, AdaptOptions options)
{
    private readonly JsonNode _evaluation = results[7][0]!;

    private readonly IReadOnlyList<JsonNode> _gates = [.. results[6].Select(static gate => gate!)];

    /// <param name="run">What the run was started with.</param>
    public JsonObject Json(JsonObject run, AdaptPhotos photos) => new()
    {
        ["output"] = options.Output,
        ["report"] = options.Report,
        ["model"] = options.ModelName,
        ["version"] = options.Version,
        ["photos"] = photos.Training.Count,
        ["held_out"] = new JsonArray([.. photos.HeldOut.Select(static photo => (JsonNode)photo.Name)]),
        ["adapted_exits"] = AdaptedExits?.DeepClone(),
        ["sizes"] = _evaluation["sizes"]?.DeepClone(),
        ["metric"] = _evaluation["metric"]!.DeepClone(),
        ["policies"] = new JsonArray([.. Policies().Select(policy => (JsonNode)Policy(policy))]),
        ["gates"] = new JsonObject(_gates.Select(static gate => KeyValuePair.Create<string, JsonNode?>(Text(gate["profile"]), Gate(gate)))),
        ["run"] = run.DeepClone(),
    };

    public void Show(IAnsiConsole console)
    {
        console.Write(Table());
        console.Line("Agreement is with the model's own result at full depth and its own size, right or wrong: it is no quality. That result agrees with itself by 100 points, so a gate that sends some images there leads the fixed points by more than labels would show.");
        foreach (var gate in _gates)
        {
            console.Line(Judged(gate));
        }

        console.Line(AdaptedExits is { Count: > 0 } exits ? $"Exits with adapters: {string.Join(", ", exits)}." : "No exit has an adapter.");
        console.Line($"{options.Output}: the model; {Path.Combine(options.Report, "report.html")}: every fixed point beside the gates.");
        console.Line("Next:");
        console.Line($"  dotnet run --project src/EcoM2F.Serving -- --Engine:ModelsFolder {Path.GetDirectoryName(options.Output)}");
        console.Line($"  curl --data-binary @PHOTO.jpg -o masks.json 'http://localhost:8080/v1/segment?model={Path.GetFileName(options.Output)}'");
    }

    private JsonArray? AdaptedExits => results[3].FirstOrDefault()?["adapted"] as JsonArray;

    /// <summary>Full depth at the own size, the profiles, and the utility gate.</summary>
    private IEnumerable<JsonNode> Policies() => _evaluation["policies"]!.AsArray().Select(static policy => policy!)
        .Where(policy => Text(policy["policy"]) is var name && (name == Full || AdaptGates.Shares.Keys.Any(profile => name == $"gate:{profile}") || (name.StartsWith("utility:", StringComparison.Ordinal) && !name.Contains('/', StringComparison.Ordinal))));

    private string Full => $"static:{(_evaluation["own_size"] is { } own ? $"{own}/" : "")}{_evaluation["exits"]!.AsArray()[^1]}";

    private double FullGmacs => Number(_evaluation["policies"]!.AsArray().First(policy => Text(policy!["policy"]) == Full)!["gmacs"]);

    private JsonObject Policy(JsonNode policy) => new()
    {
        ["policy"] = Text(policy["policy"]),
        ["agreement"] = policy["quality"]?.DeepClone(),
        ["low"] = policy["low"]?.DeepClone(),
        ["high"] = policy["high"]?.DeepClone(),
        ["mean_depth"] = policy["mean_depth"]!.DeepClone(),
        ["gmacs"] = policy["gmacs"]!.DeepClone(),
        ["share_of_full"] = Number(policy["gmacs"]) / FullGmacs,
        ["milliseconds"] = policy["milliseconds"]!.DeepClone(),
        ["sizes"] = new JsonObject(Sizes(policy).Select(static size => KeyValuePair.Create<string, JsonNode?>(size.Size, size.Photos))),
    };

    private static JsonObject Gate(JsonNode gate) => new()
    {
        ["worth_it"] = gate["worth_it"]!.DeepClone(),
        ["against_random"] = gate["against_random"]!.DeepClone(),
        ["difference"] = gate["difference"]!.DeepClone(),
        ["fixed"] = new JsonArray([.. Rivals(gate).Select(static rival => (JsonNode)rival)]),
        ["gmacs"] = gate["gmacs"]!.DeepClone(),
        ["target_gmacs"] = Target(gate),
        ["agreement"] = Mean(gate, static price => price["gate"]!["quality"]),
        ["agreement_at_random"] = Mean(gate, static price => price["random_quality"]),
    };

    private Table Table()
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumn("policy");
        foreach (var column in (string[])[Text(_evaluation["metric"]), "95%", "mean depth", "GMACs", "of full", "photographs by size"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (var policy in Policies())
        {
            var name = Text(policy["policy"]);
            table.AddRow(
                new Text(name == Full ? $"{name} (full)" : name == $"gate:{AdaptGates.Default}" ? $"{name} (default)" : name),
                new Text(ScoreNumber.Points(Number(policy["quality"]))),
                new Text($"{ScoreNumber.Points(Number(policy["low"]))} to {ScoreNumber.Points(Number(policy["high"]))}"),
                new Text(Two(Number(policy["mean_depth"]))),
                new Text(Two(Number(policy["gmacs"]))),
                new Text((Number(policy["gmacs"]) / FullGmacs).ToString("0%", CultureInfo.InvariantCulture)),
                new Text(string.Join(", ", Sizes(policy).Select(static size => $"{size.Size}: {size.Photos}"))));
        }

        return table.Title($"{_evaluation["images"]} photographs that nothing was fitted on");
    }

    /// <summary>Whether the gate is worth having, on the photographs that it was trained on, each held out once.</summary>
    private static string Judged(JsonNode gate)
    {
        // Full depth agrees with itself, so that mixing it with any cheap point looks good: only against its own choices at random does a gate show anything.
        var verdict = gate["worth_it"]!.GetValue<bool>()
            ? "knows which photograph needs more"
            : "is NOT shown to know which photograph needs more; it is installed all the same";
        return $"{gate["profile"]}: {verdict}. Agreement of its choices less that of the same choices dealt out at random: {Interval(gate["against_random"]!)}; "
            + $"less always {string.Join(" or ", Rivals(gate))}, the best fixed choice of no higher cost: {Interval(gate["difference"]!)}.{Missed(gate)}";
    }

    private static string Interval(JsonNode difference) => string.Create(
        CultureInfo.InvariantCulture, $"{Number(difference["value"]):+0.00;-0.00;0.00} points [{Number(difference["low"]):0.00}, {Number(difference["high"]):0.00}]");

    /// <summary>Over the prices that the gate is judged at; null where there is no such number.</summary>
    private static double? Mean(JsonNode gate, Func<JsonNode, JsonNode?> value) =>
        gate["held_out"]!.AsArray().Select(price => value(price!)?.GetValue<double>()).Average();

    private static string Missed(JsonNode gate) => Target(gate) is { } target && Math.Abs(Number(gate["gmacs"]) - target) > GateTarget.GmacsTolerance * target
        ? string.Create(CultureInfo.InvariantCulture, $" It was aimed at {target:0.00} GMACs; the nearest that its choices reach is {Number(gate["gmacs"]):0.00}.")
        : "";

    private static double? Target(JsonNode gate) => AdaptGates.Shares.TryGetValue(Text(gate["profile"]), out var share) ? share * Number(gate["full_gmacs"]) : null;

    /// <summary>The fixed points that the gate was compared with, one for each of its prices: size and depth, or the depth alone.</summary>
    private static IEnumerable<string> Rivals(JsonNode gate) =>
        gate["held_out"]!.AsArray().Select(static price => price!["best_affordable"]?["point"] is { } point ? Text(point) : $"depth {price["best_static"]!["depth"]}").Distinct();

    private static IEnumerable<(string Size, int Photos)> Sizes(JsonNode policy) => (policy["points"] as JsonObject ?? [])
        .GroupBy(static point => point.Key.Split('/')[0]).Select(static size => (size.Key, size.Sum(static point => point.Value!.GetValue<int>())))
        .OrderBy(static size => int.Parse(size.Key, CultureInfo.InvariantCulture));

    private static string Text(JsonNode? node) => node!.GetValue<string>();

    private static double Number(JsonNode? node) => node?.GetValue<double>() ?? double.NaN;

    private static string Two(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
