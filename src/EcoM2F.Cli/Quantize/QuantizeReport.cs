using System.Globalization;
using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.Score;
using EcoM2F.Inference.Benchmarking;
using EcoM2F.Inference.Onnx;
using EcoM2F.Recipe.Quantization;
using Spectre.Console;

namespace EcoM2F.Cli.Quantize;

/// <summary>What <c>quantize</c> found, as JSON and as tables.</summary>
/// <param name="folder">Of the model that was, or would have been, written.</param>
internal sealed class QuantizeReport(QuantizeResult result, string folder)
{
    /// <summary>A gain of less is the noise of a measurement.</summary>
    private const double LeastGain = 1.02;

    /// <summary>Bytes that the model's files grew by.</summary>
    public long? Added { get; set; }

    private double? Speedup => result is { Fp32: { } fp32, Int8: { } int8 } ? fp32.Total / int8.Total : null;

    /// <summary>What the manifest keeps.</summary>
    public JsonObject Measured() => new()
    {
        ["photos"] = result.Photos,
        ["held_out"] = result.HeldOut,
        ["metric"] = result.Metric,
        ["max_loss"] = result.MaxLoss,
        ["loss"] = Number(result.Loss),
        ["agreement"] = new JsonObject { ["fp32"] = Numbers(result.Agreement.Fp32), ["int8"] = Numbers(result.Agreement.Other) },
        ["groups"] = new JsonArray([.. result.Search.Alone.Select(Group)]),
        ["fp32_groups"] = new JsonArray([.. result.Fp32Groups.Select(static name => (JsonNode)name)]),
        ["milliseconds"] = result is { Fp32: { } fp32, Int8: { } int8 } ? new JsonObject { ["machine"] = MachineDescription.Read().Processor, ["fp32"] = Times(fp32), ["int8"] = Times(int8) } : null,
    };

    public JsonObject Json()
    {
        var json = Measured();
        json["output"] = result.Kept.Count == 0 ? null : folder;
        json["bytes_added"] = Added;
        json["speedup"] = Speedup is { } speedup ? Number(speedup) : null;
        return json;
    }

    public void Show(IAnsiConsole console)
    {
        ShowGroups(console);
        console.Write(Stages());
        console.Line(string.Create(CultureInfo.InvariantCulture, $"{folder}: int8 graphs with {result.Kept.Sum(static part => part.Layers.Count)} of {result.Search.Alone.Sum(static part => part.Layers.Count)} layers on 8 bits; loss {result.Loss:0.00} points of agreement, allowed {result.MaxLoss}; {Added / 1e6:0.0} MB added."));
        console.Line(Speedup >= LeastGain
            ? string.Create(CultureInfo.InvariantCulture, $"On this machine they take {1 / Speedup:P0} of fp32's time.")
            : "Nothing gained in time on this machine: a service here keeps to fp32 unless Engine:Precision says otherwise.");
    }

    public void ShowFailure(IAnsiConsole console)
    {
        ShowGroups(console);
        console.Line(string.Create(CultureInfo.InvariantCulture, $"--max-loss {result.MaxLoss} cannot be kept with any layer on 8 bits; {folder} is as it was."));
    }

    private void ShowGroups(IAnsiConsole console)
    {
        console.Line($"{result.Photos} photographs, {result.HeldOut} of them held out: losses are about those, in points of {result.Metric} agreement as the mean of the exits below the deepest.");
        var table = new Table().Border(TableBorder.Minimal).AddColumn("group");
        foreach (var column in (string[])["layers", "loss alone", "on 8 bits", "in fp32 for the loss", "in fp32 for the time"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (var group in result.Search.Alone)
        {
            table.AddRow(
                group.Group, Text(group.Layers.Count), group.Loss.ToString("0.00", CultureInfo.InvariantCulture),
                Text(Count(result.Kept, group)), Text(Count(result.Search.Dropped, group)), Text(Count(result.Slower, group)));
        }

        console.Write(table);
        if (result.Fp32Groups.Count > 0)
        {
            console.Line($"in fp32 by --fp32: {string.Join(", ", result.Fp32Groups)}");
        }

        console.Line($"agreement by exit in fp32: {string.Join(", ", result.Agreement.Fp32.Select(ScoreNumber.Points))}; on 8 bits: {string.Join(", ", result.Agreement.Other.Select(ScoreNumber.Points))}");
    }

    private Table Stages()
    {
        var table = new Table().Border(TableBorder.Minimal).Title("milliseconds, least of runs in turn").AddColumn("precision");
        foreach (var column in (string[])["stem", "encoder", "decoder", "whole"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (var (name, times) in new[] { ("fp32", result.Fp32!), ("int8", result.Int8!) })
        {
            table.AddRow([name, .. new[] { times.Stem, times.Encoder, times.Decoder, times.Total }.Select(static value => value.ToString("0.0", CultureInfo.InvariantCulture))]);
        }

        return table;
    }

    private JsonObject Group(SearchPart group) => new()
    {
        ["group"] = group.Group,
        ["loss_alone"] = Number(group.Loss),
        ["int8"] = Layers(result.Kept, group),
        ["fp32"] = Layers(result.Search.Dropped, group),
        ["slower"] = Layers(result.Slower, group),
    };

    private static JsonArray Layers(IReadOnlyList<SearchPart> parts, SearchPart group) =>
        new([.. parts.Where(part => part.Group == group.Group).SelectMany(static part => part.Layers).Select(static name => (JsonNode)name)]);

    private static int Count(IReadOnlyList<SearchPart> parts, SearchPart group) => parts.Where(part => part.Group == group.Group).Sum(static part => part.Layers.Count);

    private static JsonObject Times(StageMilliseconds times) => new() { ["stem"] = Number(times.Stem), ["encoder"] = Number(times.Encoder), ["decoder"] = Number(times.Decoder) };

    private static JsonArray Numbers(IReadOnlyList<double> values) => new([.. values.Select(Number)]);

    private static JsonNode? Number(double value) => double.IsFinite(value) ? JsonValue.Create(Math.Round(value, 4)) : null;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
