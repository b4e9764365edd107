using EcoM2F.Compiler;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;
using EcoM2F.Recipe;
using Microsoft.ML.OnnxRuntime;

namespace EcoM2F.Cli.Output;

/// <summary>Runs a command and turns what goes wrong into one line on stderr and an exit code.</summary>
internal static class CommandRunner
{
    /// <summary>On another thread, so that an interruption is heard while the command computes.</summary>
    public static Task<int> RunAsync(Report report, Func<int> command, CancellationToken cancellationToken) =>
        RunAsync(report, () => Task.Run(command, cancellationToken));

    public static async Task<int> RunAsync(Report report, Func<Task<int>> command)
    {
        try
        {
            return await command();
        }
        catch (OperationCanceledException)
        {
            report.Errors(["Interrupted. Run the same command again to resume; unfinished files are written anew."]);
            return ExitCode.Interrupted;
        }
        catch (Exception exception) when (exception is CliException or CompileException or ModelLoadException or SafetensorsException
            or SegmentationException or RecipeException or OnnxRuntimeException or IOException or UnauthorizedAccessException)
        {
            report.Errors([$"error: {exception.Message}"]);
            return ExitCode.BadInput;
        }
    }
}

/// <summary>Bad input that only the command line itself knows of.</summary>
internal sealed class CliException(string message) : Exception(message);
