using System.Diagnostics;

namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>Debian's <c>prometheus</c> and <c>promtool</c>, where they are installed; tests that need them skip where they are not.</summary>
public static class PrometheusPrograms
{
    public static string? Prometheus { get; } = Find("prometheus");

    public static string? Promtool { get; } = Find("promtool");

    /// <summary>Skips the running test where a program is missing.</summary>
    public static void Require() => Assert.SkipWhen(
        Prometheus is null || Promtool is null,
        "Needs the programs prometheus and promtool (Debian's package prometheus) on the PATH.");

    /// <summary>Runs promtool to its end.</summary>
    /// <param name="input">What it reads on its standard input; empty for none.</param>
    /// <returns>Its exit code, and both outputs together.</returns>
    public static async Task<(int ExitCode, string Output)> RunPromtoolAsync(IEnumerable<string> arguments, string input, CancellationToken cancellationToken)
    {
        Require();
        var start = new ProcessStartInfo(Promtool!, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
        process.StandardInput.Close();
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await output + await error);
    }

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);
}
