using System.Diagnostics;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Containers;

/// <summary><c>.ci/run</c> on machines that lack Prometheus. What it would start is replaced by small scripts.</summary>
public sealed class ContinuousIntegrationTests : IDisposable
{
    private static readonly string[] Tools = ["bash", "cat", "dirname", "grep", "mktemp", "rm", "tail", "tee", "tr", "uname"];

    private readonly string _programs = Directory.CreateTempSubdirectory("ecom2f-ci-").FullName;

    public ContinuousIntegrationTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only.");
        foreach (var tool in Tools)
        {
            File.CreateSymbolicLink(Path.Combine(_programs, tool), Find(tool));
        }

        Program("dotnet", "printf '  total: 3\\n  failed: 0\\n  succeeded: 2\\n  skipped: 1\\n'");
        Program("apt-get", "echo 'no such mirror' >&2; exit 100");
    }

    public void Dispose() => Directory.Delete(_programs, recursive: true);

    [Fact]
    public async Task Run_RootWithoutPrometheusAndPackages_FailsBeforeTheTests()
    {
        Program("id", "echo 0");
        var (code, output) = await RunAsync();

        Assert.Equal(1, code);
        Assert.Contains("no such mirror\n", output, StringComparison.Ordinal);
        Assert.Matches("FAILED: the package prometheus could not be installed.*\n$", output);
    }

    [Fact]
    public async Task Run_UserWithoutPrometheus_SaysWhatIsSkipped()
    {
        Program("id", "echo 1000");
        var (code, output) = await RunAsync();

        Assert.Equal(0, code);
        Assert.Contains("Skipped without root to install the package prometheus", output, StringComparison.Ordinal);
        Assert.Contains("Skipped, the image's steps: cannot follow the Dockerfile here: mounting needs root\n", output, StringComparison.Ordinal);
        Assert.EndsWith("\n2 passed, 0 failed, 1 skipped\n", output, StringComparison.Ordinal);
    }

    private static string Find(string tool) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(folder => Path.Combine(folder, tool)).First(File.Exists);

    private void Program(string name, string script)
    {
        var path = Path.Combine(_programs, name);
        File.WriteAllText(path, $"#!{Find("bash")}\n{script}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private async Task<(int Code, string Output)> RunAsync()
    {
        var start = new ProcessStartInfo(Find("bash"), [".ci/run"]) { WorkingDirectory = RepositoryPaths.Root, RedirectStandardOutput = true };
        start.Environment["PATH"] = _programs;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output);
    }
}
