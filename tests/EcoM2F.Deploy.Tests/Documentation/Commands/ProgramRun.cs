using System.Diagnostics;

namespace EcoM2F.Deploy.Tests.Documentation.Commands;

/// <summary>What <c>ecom2f</c> said, in a process of its own.</summary>
/// <param name="Said">On stdout and stderr.</param>
internal sealed record ProgramRun(int ExitCode, string Said)
{
    /// <param name="arguments">Without the program.</param>
    /// <param name="folder">Where it runs.</param>
    /// <param name="input">Its stdin.</param>
    /// <param name="cancellationToken">Ends the process.</param>
    public static async Task<ProgramRun> StartAsync(IEnumerable<string> arguments, string folder, string input, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "ecom2f.dll"), .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_TieredPGO"] = "0"; // instrumented code pays off in longer runs
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
            await process.WaitForExitAsync(cancellationToken);
            return new ProgramRun(process.ExitCode, await output + await error);
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
