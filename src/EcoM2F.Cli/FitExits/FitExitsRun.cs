using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using EcoM2F.Cli.Score;
using EcoM2F.Compiler;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;
using EcoM2F.Inference.Pipeline;
using EcoM2F.Inference.Verification;
using EcoM2F.Recipe.Adapters;

namespace EcoM2F.Cli.FitExits;

/// <summary>One run of <c>fit-exits</c>.</summary>
/// <param name="output">Folder of the copy; null to change the model in place.</param>
internal sealed class FitExitsRun(string model, string? output, Report report)
{
    public async Task<int> FitAsync(string photos, ExitFitOptions options, string provider, CancellationToken cancellationToken)
    {
        // 1. what can be known to be wrong before anything is read
        var before = ModelFolder.Open(model).Manifest;
        AdapterInstaller.RequireWritable(model, output);

        // 2. photographs
        var fit = ExitFit.Plan(before, photos, options, StatePath.Of(output ?? model, "fit-exits"), new EntryProgress(report, "decoded"), cancellationToken);
        report.Notes(fit.Notes);
        if (fit.Todo < fit.Photos)
        {
            report.Note($"{fit.Photos - fit.Todo} of {fit.Photos} photographs were added up by an earlier run.");
        }

        // 3. sums, then adapters, judged on the photographs that were held out
        var result = await FitAsync(fit, provider, cancellationToken);

        // 4. into the model
        OrtRuntime.Initialize(0);
        var isChanged = result.Adapters.Count > 0 || before.ExitAdapters is not null || output is not null;
        var after = isChanged ? Install(Work(result)) : before;
        fit.Forget();
        var summary = new FitExitsReport(result, after, output ?? model, cancellationToken);
        report.Result(summary.Json(), summary.Show);
        WarnOfGates(before, result.Adapters.Count > 0 || before.ExitAdapters is not null);
        return ExitCode.Done;

        ModelManifest Install(AdapterInstallation work) =>
            output is null ? AdapterInstaller.Install(model, work, cancellationToken) : AdapterInstaller.InstallCopy(model, output, work, cancellationToken);
    }

    public int Remove(CancellationToken cancellationToken)
    {
        var before = ModelFolder.Open(model).Manifest;
        AdapterInstaller.RequireWritable(model, output);
        OrtRuntime.Initialize(0);
        var work = new AdapterInstallation { WriteCanary = CanaryWriter.WriteFor };
        if (output is not null)
        {
            AdapterInstaller.InstallCopy(model, output, work, cancellationToken);
        }
        else if (before.ExitAdapters is not null)
        {
            AdapterInstaller.Install(model, work, cancellationToken);
        }

        var exits = before.ExitAdapters?.Exits.ToList() ?? [];
        var data = new JsonObject { ["output"] = output ?? model, ["removed"] = new JsonArray([.. exits.Select(static exit => (JsonNode)exit)]) };
        report.Result(data, console => console.Line(exits.Count == 0
            ? $"{model} has no adapters; there was nothing to remove."
            : $"{output ?? model}: the adapters of exits {string.Join(", ", exits)} are removed."));
        WarnOfGates(before, exits.Count > 0);
        return ExitCode.Done;
    }

    private async Task<ExitFitResult> FitAsync(ExitFit fit, string provider, CancellationToken cancellationToken)
    {
        using var engine = ExitsEngine.Open(model, provider, cancellationToken);
        await report.TrackAsync("photographs", fit.Todo, advance => fit.AccumulateAsync(engine, advance, cancellationToken));
        ExitFitResult? result = null;
        await report.TrackAsync("held-out photographs", fit.HeldOut, async advance => result = await fit.JudgeAsync(engine, advance, cancellationToken));
        return result!;
    }

    private static AdapterInstallation Work(ExitFitResult result) => new()
    {
        Adapters = result.Adapters,
        Photos = result.Photos,
        RelativeError = result.Exits.Where(static exit => exit.IsAdapted).ToDictionary(
            static exit => exit.Exit, static exit => (IReadOnlyList<double>)[Math.Round(exit.ErrorBefore, 4), Math.Round(exit.ErrorAfter, 4)]),
        Provenance = FitExitsReport.Provenance(result),
        WriteCanary = CanaryWriter.WriteFor,
    };

    private void WarnOfGates(ModelManifest before, bool exitsChanged)
    {
        if (exitsChanged && before.Precisions is not null)
        {
            report.Note("Warning: the int8 graphs were made for the exits as they were before, and are removed; run quantize again.");
        }

        if (exitsChanged && before.Gates is { } gates)
        {
            report.Note($"Warning: the gates {string.Join(", ", gates.Profiles.Keys)} stay, but were trained on the exits as they were before; run derive and train-gate again.");
        }
    }
}
