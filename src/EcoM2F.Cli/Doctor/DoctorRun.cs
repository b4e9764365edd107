using System.Text.Json.Nodes;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Benchmarking;
using EcoM2F.Inference.Onnx;

namespace EcoM2F.Cli.Doctor;

/// <summary>One run of <c>doctor</c>: every check, whatever the others say.</summary>
internal sealed class DoctorRun(string models, string provider, Report report)
{
    private static readonly string[] Words = ["ok", "advice", "WRONG"];

    public int Run(CancellationToken cancellationToken)
    {
        var checks = Checks(cancellationToken).ToList();
        var wrong = checks.Count(static check => check.State == CheckState.Wrong);
        report.Result(Json(checks, wrong), console =>
        {
            foreach (var check in checks)
            {
                console.Line($"{Words[(int)check.State],-6}  {check.Name}: {check.Found}");
                if (check.Advice is { } advice)
                {
                    console.Line($"        {advice}");
                }
            }

            console.Line(wrong == 0 ? "Nothing is wrong." : $"{wrong} of {checks.Count} checks found something wrong.");
        });
        return wrong == 0 ? ExitCode.Done : ExitCode.CheckFailed;
    }

    private IEnumerable<DoctorCheck> Checks(CancellationToken cancellationToken)
    {
        yield return MachineChecks.Runtime();
        var onnx = MachineChecks.OnnxRuntime(provider);
        yield return onnx;
        yield return MachineChecks.Libvips();
        var limits = CgroupLimits.Read();
        yield return MachineChecks.Threads(Environment.ProcessorCount, limits);
        yield return MachineChecks.Memory(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, limits);
        if (onnx.State == CheckState.Wrong)
        {
            yield break; // what follows would only say the same again
        }

        yield return MachineChecks.Processor(MachineDescription.Read());
        foreach (var check in ModelChecks.Of(models, new ExecutionTarget(provider), cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return check;
        }
    }

    private static JsonObject Json(IReadOnlyList<DoctorCheck> checks, int wrong) => new()
    {
        ["ok"] = wrong == 0,
        ["wrong"] = wrong,
        ["checks"] = new JsonArray([.. checks.Select(static check => (JsonNode)new JsonObject
        {
            ["name"] = check.Name,
            ["state"] = Words[(int)check.State].ToLowerInvariant(),
            ["found"] = check.Found,
            ["advice"] = check.Advice,
        })]),
    };
}
