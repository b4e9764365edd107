using System.Diagnostics;
using EcoM2F.Serving.Hosting;

namespace EcoM2F.Serving.Tests.Hosting;

public sealed class UsageTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Text_EverySetting_IsListedWithoutMarkdown()
    {
        Assert.All(SettingsReference.Rows, static row => Assert.Contains($"\n  {row.Key}\n", Usage.Text, StringComparison.Ordinal));
        Assert.Contains("0 to 63 (default: 0)\n", Usage.Text, StringComparison.Ordinal);
        Assert.DoesNotContain('`', Usage.Text);
        Assert.DoesNotContain("](", Usage.Text, StringComparison.Ordinal);
        Assert.All(Usage.Text.Split('\n'), static line => Assert.True(line.Length <= 120, line));
    }

    [Theory]
    [InlineData(true, "--help")]
    [InlineData(true, "-h")]
    [InlineData(true, "-?")]
    [InlineData(true, "help")]
    [InlineData(true, "health", "--help")]
    [InlineData(true, "--Engine:Threads=2", "--help")]
    [InlineData(false)]
    [InlineData(false, "--urls", "help")]
    public void IsAsked_Arguments_Decide(bool expected, params string[] arguments) => Assert.Equal(expected, Usage.IsAsked(arguments));

    [Theory]
    [InlineData(null)]
    [InlineData(null, "--Engine:Threads", "2", "--Engine:DeviceId=1", "/urls", "http://localhost:80", "Logs:Format=json")]
    [InlineData("--environment", "--environment")]
    [InlineData("/srv/models", "/srv/models")]
    [InlineData("-Engine:Threads", "-Engine:Threads", "4")]
    [InlineData("-Engine:Threads=4", "-Engine:Threads=4")]
    [InlineData("bogus", "bogus")]
    [InlineData("2", "--Engine:Threads=1", "2")]
    [InlineData("serve", "--Engine:Threads", "2", "serve")]
    public void Error_ArgumentThatIsNoSetting_IsNamed(string? named, params string[] arguments)
    {
        var error = Usage.Error(arguments);

        Assert.Equal(named is null, error is null);
        Assert.True(named is null || (error!.Contains($"'{named}'", StringComparison.Ordinal) && error.Contains("--help", StringComparison.Ordinal)), error);
    }

    [Theory]
    [InlineData(ExitCodes.Done, "--help")]
    [InlineData(ExitCodes.Done, "health", "--help")]
    [InlineData(ExitCodes.BadSettings, "serve")]
    public async Task Program_WithoutService_Ends(int exitCode, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "EcoM2F.Serving.dll"), .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync(Token);
        var error = await process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);

        Assert.Equal(exitCode, process.ExitCode);
        Assert.Equal(exitCode == ExitCodes.Done ? Usage.Text : "", await output);
        Assert.Equal(exitCode == ExitCodes.Done ? "" : Usage.Error(arguments) + Environment.NewLine, error);
    }
}
