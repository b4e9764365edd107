using EcoM2F.Compiler;
using EcoM2F.Inference.Errors;
using EcoM2F.Inference.Models;
using EcoM2F.Inference.Safetensors;

namespace EcoM2F.Cli.Output;

/// <summary>Runs a command and turns what goes wrong into one line on stderr and an exit code.</summary>
internal static class CommandRunner
{
    public static async Task<int> RunAsync(Func<Task<int>> command)
    {
        try
        {
            return await command();
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Interrupted. Nothing half-written was left; the same command goes on where it stopped.");
            return ExitCode.Interrupted;
        }
        catch (Exception exception) when (exception is CliException or CompileException or ModelLoadException or SafetensorsException
            or SegmentationException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"error: {exception.Message}");
            return ExitCode.BadInput;
        }
    }
}

/// <summary>Bad input that only the command line itself knows of.</summary>
internal sealed class CliException(string message) : Exception(message);
