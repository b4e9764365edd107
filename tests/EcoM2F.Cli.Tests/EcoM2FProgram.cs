using System.Diagnostics;

namespace EcoM2F.Cli.Tests;

/// <summary>The real program, in a process of its own.</summary>
internal static class EcoM2FProgram
{
    private const string JobIndex = "JOB_COMPLETION_INDEX";

    /// <summary>What runs <see cref="Program"/>.</summary>
    public static string Host { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "ecom2f.dll");

    public static Task<ProgramRun> RunAsync(params string[] arguments) => FinishAsync(Start(arguments));

    public static Task<ProgramRun> RunJobAsync(int index, params string[] arguments) => FinishAsync(Start(arguments, index));

    /// <summary>With text on its stdin.</summary>
    public static async Task<ProgramRun> RunWithInputAsync(string input, params string[] arguments)
    {
        var process = Start(arguments);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        return await FinishAsync(process);
    }

    /// <summary>With one environment variable more.</summary>
    public static Task<ProgramRun> RunWithAsync(string variable, string value, params string[] arguments)
    {
        var start = Info(arguments);
        start.Environment[variable] = value;
        return FinishAsync(Process.Start(start)!);
    }

    /// <summary>The caller disposes it, or hands it to <see cref="FinishAsync"/>.</summary>
    public static Process Start(string[] arguments, int? jobIndex = null)
    {
        var start = Info(arguments);
        if (jobIndex is { } index)
        {
            start.Environment[JobIndex] = index.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return Process.Start(start)!;
    }

    private static ProcessStartInfo Info(string[] arguments)
    {
        var start = new ProcessStartInfo(Host, [Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        start.Environment.Remove(JobIndex);
        return start;
    }

    public static async Task<ProgramRun> FinishAsync(Process process)
    {
        using (process)
        {
            try
            {
                var cancellationToken = TestContext.Current.CancellationToken;
                var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
                var error = process.StandardError.ReadToEndAsync(cancellationToken);
                await process.WaitForExitAsync(cancellationToken);
                return new ProgramRun(process.ExitCode, await output, await error);
            }
            finally
            {
                if (!process.HasExited)
                {
                    process.Kill();
                }
            }
        }
    }
}
