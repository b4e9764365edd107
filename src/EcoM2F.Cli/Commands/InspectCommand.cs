using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Postprocessing;
using Spectre.Console;

namespace EcoM2F.Cli.Commands;

/// <summary><c>ecom2f inspect</c>: what a model folder holds and costs; its hashes are checked.</summary>
internal static class InspectCommand
{
    private const string Card = "README.md";

    public static Command Create()
    {
        var model = SharedOptions.Model();
        var json = SharedOptions.Json();
        var command = new Command("inspect", "Show a model's card, exits, costs per stage and size, and check its hashes. Exit code 1 if a hash is wrong.") { model, json };
        command.SetAction((parsed, cancellationToken) =>
        {
            var report = new Report(parsed.GetValue(json));
            var folder = parsed.GetRequiredValue(model).FullName;
            return CommandRunner.RunAsync(report, () => Run(folder, report, cancellationToken), cancellationToken);
        });
        return command;
    }

    private static int Run(string path, Report report, CancellationToken cancellationToken)
    {
        var folder = ModelFolder.Open(path);
        var wrongHash = folder.FindWrongHash(cancellationToken);

        var manifest = folder.Manifest;
        var data = JsonNode.Parse(manifest.ToJson())!.AsObject();
        data["path"] = folder.Path;
        data["bytes"] = manifest.Sha256.Keys.Sum(name => new FileInfo(folder.PathOf(name)).Length);
        data["hashes"] = wrongHash is null ? "ok" : wrongHash;
        report.Result(data, console => Show(console, folder, wrongHash));
        return wrongHash is null ? ExitCode.Done : ExitCode.CheckFailed;
    }

    private static void Show(IAnsiConsole console, ModelFolder folder, string? wrongHash)
    {
        var model = folder.Manifest;
        console.Line($"{model.Name} {model.Version}   {model.Licence ?? "no licence given"}");
        if (File.Exists(Path.Combine(folder.Path, Card)))
        {
            console.Line($"card        {Path.Combine(folder.Path, Card)}");
        }

        console.Line($"tasks       {string.Join(", ", model.Tasks)}");
        console.Line($"classes     {Kinds(model)}: {string.Join(", ", model.Classes.Select(static item => item.Name))}");
        console.Line($"exits       {string.Join(", ", model.Exits)}");
        if (model.DecoderExits is { } decoder)
        {
            console.Line($"decoder     exits {string.Join(", ", decoder)}");
        }

        console.Line($"graphs      {Graphs(model)}");
        console.Line($"gates       {Gates(model)}");
        if (model.ExitAdapters is { } adapters)
        {
            console.Line($"adapters    exits {string.Join(", ", adapters.Exits)}, fitted on {adapters.Photos} photographs; relative error {string.Join(", ", adapters.RelativeError.OrderBy(static exit => exit.Key).Select(static exit => Errors(exit.Key, exit.Value)))}");
        }

        console.Line($"input       {Input(model.Preprocessing)}");
        console.Line($"sizes       {Sizes(model)}");
        if (model.Postprocessing.ClassThresholds is { Count: > 0 } thresholds)
        {
            console.Line($"thresholds  {string.Join(", ", thresholds.OrderBy(static entry => entry.Key, StringComparer.Ordinal).Select(static entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Key} {entry.Value}")))}; others {model.Postprocessing.ScoreThreshold.ToString(CultureInfo.InvariantCulture)}, in instance results {PostprocessingParameters.For(model, TaskNames.DefaultOf(model)).InstanceScoreThreshold.ToString(CultureInfo.InvariantCulture)}");
        }

        WritePoints(console, model);
        console.Write(Costs(model));
        console.Write(Files(folder));
        if (model.Provenance is { } provenance)
        {
            console.Line($"provenance  {provenance.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping })}");
        }

        console.Line(wrongHash is null ? "hashes      ok" : $"hashes      WRONG: {wrongHash}");
    }

    private static string Kinds(ModelManifest model) => model.Postprocessing.MakesBoxes
        ? model.Classes.Count.ToString(CultureInfo.InvariantCulture)
        : $"{model.Classes.Count(static item => item.Isthing)} things, {model.Classes.Count(static item => !item.Isthing)} stuff";

    /// <summary>Stages by what they come in: "stem (portable fp32); encoder, encoder-exits, decoder (portable fp32, fused fp32)".</summary>
    private static string Graphs(ModelManifest model) => string.Join("; ", model.Graphs
        .GroupBy(static graph => graph.Stage)
        .Select(static stage => (Stage: stage.Key, Kinds: string.Join(", ", stage.Select(static graph => $"{graph.Flavour} {graph.Precision}").Distinct())))
        .GroupBy(static stage => stage.Kinds)
        .Select(static kind => $"{string.Join(", ", kind.Select(static stage => stage.Stage))} ({kind.Key})"));

    private static string Gates(ModelManifest model) => model.Gates is null
        ? "none: every image runs at the deepest exit"
        : string.Join(", ", model.Gates.Profiles.Select(gate => string.Create(
            CultureInfo.InvariantCulture,
            $"{gate.Key} ({gate.Value.Kind}{(gate.Value.Beta is { } beta ? $", beta {beta}" : "")}{(gate.Key == model.Gates.Default ? ", default" : "")})")));

    private static string Errors(int exit, IReadOnlyList<double> errors) => string.Create(CultureInfo.InvariantCulture, $"{exit}: {errors[0]} -> {errors[1]}");

    private static string Input(PreprocessingSettings settings) => settings.ShortestEdge is null
        ? $"{settings.Height} x {settings.Width}"
        : $"shortest edge {settings.ShortestEdge}, longest {settings.LongestEdge}, sides rounded up to multiples of {settings.Divisor}";

    private static string Sizes(ModelManifest model) => model.HasSizes
        ? string.Join(", ", model.Sizes!.Select(size => $"{size}{(size.ShortestEdge == model.OwnSize ? " (own)" : "")}"))
        : "one, its own; 'ecom2f sizes' adds others";

    /// <summary>What gates choose among, where that is not the exits at the own size alone.</summary>
    private static void WritePoints(IAnsiConsole console, ModelManifest model)
    {
        foreach (var (name, gate) in (model.Gates?.Profiles ?? new Dictionary<string, GateProfile>()).Where(static gate => gate.Value.Points is not null || gate.Value.Guard is not null))
        {
            var guard = gate.Guard is { } bound
                ? string.Create(CultureInfo.InvariantCulture, $"; above leverage {bound.MaxLeverage:g4}: {bound.Fallback}")
                : "";
            console.Line($"points      {name}: {string.Join(", ", model.PointsOf(gate))}{guard}");
        }
    }

    /// <summary>By size, its inputs; an input of several sizes stands at the first of them.</summary>
    private static Table Costs(ModelManifest model)
    {
        var inputs = model.ShortestEdges.OrderBy(size => size != model.OwnSize).Select(size => (Size: size, Inputs: InputSize.All(model.PreprocessingAt(size)))).ToList();
        var table = new Table().Border(TableBorder.Minimal).Title("GMACs by model input (H x W) and exit");
        table.AddColumn("size").AddColumn("input").AddColumn("stem").AddColumn("a layer").AddColumn("decoder");
        foreach (var cut in model.DecoderExits?.SkipLast(1) ?? [])
        {
            table.AddColumn($"to layer {cut}");
        }

        if (model.ExitAdapters is not null)
        {
            table.AddColumn("an adapter");
        }

        foreach (var exit in model.Exits)
        {
            table.AddColumn($"exit {exit}");
        }

        foreach (var cost in model.Costs)
        {
            double[] numbers = [cost.Stem, cost.Layer, cost.Decoder, .. cost.DecoderExits?.OrderBy(static exit => exit.Key).Select(static exit => exit.Value) ?? [], .. cost.Adapters?.Values.Take(1) ?? [], .. model.Exits.Select(exit => cost.At(exit))];
            table.AddRow([SizeOf(cost), $"{cost.Height} x {cost.Width}", .. numbers.Select(static number => number.ToString("0.000", CultureInfo.InvariantCulture))]);
        }

        return table;

        string SizeOf(ModelCost cost) => inputs.Where(size => size.Inputs.Contains(new InputSize(cost.Height, cost.Width))).Select(static size => size.Size.ToString(CultureInfo.InvariantCulture)).FirstOrDefault() ?? "";
    }

    private static Table Files(ModelFolder folder)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumn("file").AddColumn(new TableColumn("bytes").RightAligned()).AddColumn("sha256");
        foreach (var (name, hash) in folder.Manifest.Sha256.OrderBy(static entry => entry.Key, StringComparer.Ordinal))
        {
            table.AddRow(new Text(name), new Text(new FileInfo(folder.PathOf(name)).Length.ToString(CultureInfo.InvariantCulture)), new Text(hash[..Math.Min(hash.Length, 16)] + "..."));
        }

        return table;
    }
}
