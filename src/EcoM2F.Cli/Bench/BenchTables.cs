using System.Globalization;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Benchmarking;
using EcoM2F.Inference.Compute;
using Spectre.Console;

namespace EcoM2F.Cli.Bench;

/// <summary>What <c>bench</c> shows a person.</summary>
internal static class BenchTables
{
    /// <summary>Operators that are listed for a stage; the rest is one line.</summary>
    private const int TopOperators = 8;

    public static void Show(IAnsiConsole console, BenchOptions options, MachineDescription machine, bool spin, BenchReport report)
    {
        var model = options.Folder.Manifest;
        var load = machine.LoadAverage is { } average ? Text($"; load average {average:0.00}") : "";
        console.Line($"machine  {machine.Processor}, {machine.Cores} cores, {string.Join(" ", machine.InstructionSets)}; own operators use {machine.VectorBits} bits{load}");
        console.Line($"runtime  ONNX Runtime {machine.OnnxRuntime}, .NET {machine.DotNet}; {options.Threads} threads, {(spin ? "spinning" : "not spinning")}");
        console.Line($"model    {model.Name} {model.Version}, {options.Flavour}, {options.Height} x {options.Width}, {options.Rounds} rounds after {BenchOptions.Warmups}");
        console.Write(Exits(report));
        if (report.Peer is { } peer)
        {
            console.Line(Text($"peer     {options.Peer!.File}: {Spread(peer)} ms, {peer.Count} runs between ours, as many threads, same arena; denormal floats {(options.Peer.DenormalsAreZero ? "count as 0, as in ours" : "computed; ours count as 0")}"));
            console.Line("ratio    the peer's time by the model's, median of the rounds (quartiles): above 1 the model is faster");
        }

        if (report.Operators.Count > 0)
        {
            console.Write(Operators(report));
            console.Write(Products(report));
        }
    }

    private static Table Exits(BenchReport report)
    {
        var table = new Table().Border(TableBorder.Minimal).Title("milliseconds, median (quartiles)");
        foreach (var column in (string[])["exit", "precision", "stem", "gate", "encoder", "decoder", "whole", .. report.Peer is null ? (string[])[] : ["ratio"]])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (var exit in report.Exits)
        {
            var cells = new List<string>
            {
                Text($"{exit.Exit}"), exit.Precision, Median(exit.Of(Stage.Stem)), Median(exit.Of(Stage.Gate)), Median(exit.Of(Stage.Encoder)), Median(exit.Of(Stage.Decoder)), Spread(exit.Whole),
            };
            if (exit.Ratio is { } ratio)
            {
                cells.Add(Text($"{ratio.Median:0.00} ({ratio.Low:0.00}-{ratio.High:0.00})"));
            }

            table.AddRow([.. cells]);
        }

        return table;
    }

    private static Table Operators(BenchReport report)
    {
        var table = new Table().Border(TableBorder.Minimal).Title(Text($"operators at exit {report.Exits.Max(static exit => exit.Exit)}, {report.Exits[^1].Precision}"))
            .AddColumn("stage").AddColumn("operator");
        foreach (var column in (string[])["nodes", "ms", "share"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (var stage in report.Operators.GroupBy(static time => time.Stage).OrderByDescending(static stage => stage.Sum(static time => time.Milliseconds)))
        {
            foreach (var time in stage.Take(TopOperators))
            {
                AddRow(time.Operator, [time]);
            }

            if (stage.Skip(TopOperators).ToList() is { Count: > 0 } rest)
            {
                AddRow($"{rest.Count} others", rest);
            }

            AddRow("all", [.. stage]);

            void AddRow(string name, IReadOnlyList<OperatorTime> times) => table.AddRow(
                stage.Key, name, Text($"{times.Sum(static time => time.Nodes)}"), Text($"{times.Sum(static time => time.Milliseconds):0.00}"), Text($"{times.Sum(static time => time.Share):0.0%}"));
        }

        return table;
    }

    private static Table Products(BenchReport report)
    {
        var table = new Table().Border(TableBorder.Minimal).Title("matrix products, in the model and alone");
        foreach (var column in (string[])["stage", "batch", "rows", "inner", "columns", "nodes", "ms", "GFLOP/s", "alone", "reached"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (var product in report.Products)
        {
            var shape = product.Shape;
            table.AddRow(
                product.Stage, Text($"{shape.Batch}"), Text($"{shape.Rows}"), Text($"{shape.Inner}"), Text($"{shape.Columns}"), Text($"{product.Nodes}"),
                Text($"{product.Milliseconds:0.00}"), Text($"{product.GigaflopPerSecond:0}"), Text($"{product.PlainGigaflopPerSecond:0}"),
                Text($"{product.GigaflopPerSecond / product.PlainGigaflopPerSecond:0%}"));
        }

        return table;
    }

    private static string Median(TimeSpread? spread) => spread is null ? "-" : Text($"{spread.Median:0.00}");

    private static string Spread(TimeSpread spread) => Text($"{spread.Median:0.0} ({spread.Low:0.0}-{spread.High:0.0})");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
