using System.CommandLine;
using EcoM2F.Cli.Doctor;
using EcoM2F.Cli.Output;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Onnx;

namespace EcoM2F.Cli.Commands;

/// <summary><c>ecom2f doctor</c>: whether this machine can run models, and what is wrong if not.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var models = new Option<string?>("--models") { Description = "Folder of model folders, or one model folder [default: as segment finds it].", HelpName = "FOLDER" };
        var provider = SharedOptions.Choice("--execution-provider", "What models are to run on.", ExecutionTarget.CpuProvider, ExecutionTarget.CudaProvider);
        var json = SharedOptions.Json();
        var command = new Command("doctor", "Check the runtime, native libraries, processor, threads, memory, and every model's hashes and canary. Exit code 1 if something is wrong.") { models, provider, json };
        command.SetAction((parsed, cancellationToken) =>
        {
            var report = new Report(parsed.GetValue(json));
            var folder = ModelsFolderLocator.Find(parsed.GetValue(models), Environment.CurrentDirectory, AppContext.BaseDirectory);
            return CommandRunner.RunAsync(report, () => new DoctorRun(folder, parsed.GetRequiredValue(provider), report).Run(cancellationToken), cancellationToken);
        });
        return command;
    }
}
