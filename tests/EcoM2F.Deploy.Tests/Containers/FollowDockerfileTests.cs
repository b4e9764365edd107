using System.Diagnostics;
using EcoM2F.TestSupport;

namespace EcoM2F.Deploy.Tests.Containers;

/// <summary>The Dockerfile's own steps, without an engine, and its result at work: <c>tools/follow_dockerfile.sh</c>.</summary>
public sealed class FollowDockerfileTests
{
    private const int Cannot = 3;

    [Fact]
    public async Task Image_BuiltByItsSteps_ServesReadOnlyAndDrains()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only.");
        var start = new ProcessStartInfo("bash") { WorkingDirectory = RepositoryPaths.Root, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("tools/follow_dockerfile.sh");
        using var script = Process.Start(start)!;
        var errors = script.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await script.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await script.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.SkipWhen(script.ExitCode == Cannot, output.Trim());
        Assert.True(script.ExitCode == 0, $"{output}\n{await errors}");
        Assert.Contains("\npublished: ", output, StringComparison.Ordinal);
        Assert.EndsWith("SIGTERM: answered what was under way, ended with 0\n", output, StringComparison.Ordinal);
    }
}
