using System.CommandLine;
using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Verification;
using Spectre.Console;

namespace EcoM2F.Cli.Commands;

/// <summary><c>ecom2f verify</c>: compares what the graphs give with stored values.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var model = SharedOptions.Model();
        var expected = new Argument<FileInfo?>("EXPECTED.safetensors")
        {
            Description = "Inputs (caseN.pixel_values) and outputs to compare with. Without it: the model's own canary.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var tolerance = SharedOptions.Number("--tolerance", ModelVerifier.DefaultTolerance, 0, 1e6, $"Largest absolute difference that passes; unless given, for fp16 graphs {ModelVerifier.HalfTolerance.ToString(System.Globalization.CultureInfo.InvariantCulture)} and for int8 graphs what model.json has of each tensor.");
        var flavour = SharedOptions.Choice(
            "--flavour", "Which graphs to run; a stage without a fused graph runs its portable one.", GraphFlavours.Fused, GraphFlavours.Portable);
        var precision = SharedOptions.Precision();
        var json = SharedOptions.Json();
        var command = new Command("verify", "Compare the outputs of a model's graphs with stored values. Exit code 1 if they differ.") { model, expected, tolerance, flavour, precision, json };
        command.SetAction((parsed, cancellationToken) =>
        {
            var report = new Report(parsed.GetValue(json));
            var (folder, file) = (parsed.GetRequiredValue(model).FullName, parsed.GetValue(expected)?.FullName);
            var kind = parsed.GetRequiredValue(precision);
            var allowed = parsed.GetResult(tolerance) is { Implicit: false } ? parsed.GetValue(tolerance) : (double?)null;
            var comparison = new Wanted(file, allowed, parsed.GetRequiredValue(flavour), kind);
            return CommandRunner.RunAsync(report, () => Run(folder, comparison, report, cancellationToken), cancellationToken);
        });
        return command;
    }

    private static int Run(string modelFolder, Wanted wanted, Report report, CancellationToken cancellationToken)
    {
        var (expected, tolerance, flavour, precision) = wanted;
        if (expected is not null && !File.Exists(expected))
        {
            throw new CliException($"{expected} does not exist.");
        }

        OrtRuntime.Initialize(0);
        var folder = ModelFolder.Open(modelFolder);
        if (folder.FindWrongHash(cancellationToken) is { } wrong)
        {
            var failed = new VerificationReport(tolerance ?? 0, new Dictionary<string, double>(), [], [wrong]);
            report.Result(ToJson(failed, []), console => Show(console, failed));
            return ExitCode.CheckFailed;
        }

        using var sessions = ModelSessions.Open(folder, ExecutionTarget.Cpu, flavour: flavour, precision: precision);
        var result = expected is null
            ? ModelVerifier.VerifyCanary(sessions, folder, tolerance, cancellationToken)
            : ModelVerifier.Verify(sessions, folder.Manifest, expected, tolerance, cancellationToken);
        report.Result(ToJson(result, sessions.Graphs), console =>
        {
            console.Line($"graphs: {string.Join(", ", sessions.Graphs.Select(static graph => graph.File))}");
            Show(console, result);
        });
        return result.Passed ? ExitCode.Done : ExitCode.CheckFailed;
    }

    private static JsonObject ToJson(VerificationReport result, IReadOnlyList<GraphEntry> graphs) => new()
    {
        ["passed"] = result.Passed,
        ["tolerance"] = result.Tolerance,
        ["graphs"] = new JsonArray([.. graphs.Select(static graph => (JsonNode)graph.File)]),
        ["max_abs"] = new JsonObject(result.MaxAbs.Select(static entry => KeyValuePair.Create<string, JsonNode?>(entry.Key, entry.Value))),
        ["skipped"] = new JsonArray([.. result.Skipped.Select(static name => (JsonNode)name)]),
        ["failures"] = new JsonArray([.. result.Failures.Select(static failure => (JsonNode)failure)]),
    };

    private static void Show(IAnsiConsole console, VerificationReport result)
    {
        var table = new Table().Border(TableBorder.Minimal).AddColumn("tensor").AddColumn(new TableColumn("max abs difference").RightAligned());
        foreach (var (name, difference) in result.MaxAbs)
        {
            table.AddRow(new Text(name), new Text(FormattableString.Invariant($"{difference:0.0e+0}")));
        }

        console.Write(table);
        if (result.Skipped.Count > 0)
        {
            console.Line($"skipped (no graph produces them): {string.Join(", ", result.Skipped)}");
        }

        foreach (var failure in result.Failures)
        {
            console.Line($"FAILED {failure}");
        }

        console.Line(FormattableString.Invariant($"{(result.Passed ? "passed" : "failed")}: {result.MaxAbs.Count} tensors, tolerance {result.Tolerance}"));
    }

    /// <param name="Expected">Null: the canary.</param>
    /// <param name="Tolerance">Null: the precision's own.</param>
    private sealed record Wanted(string? Expected, double? Tolerance, string Flavour, string Precision);
}
