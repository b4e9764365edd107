using System.Diagnostics;
using EcoM2F.Serving.Hosting;
using EcoM2F.TestSupport;
using Microsoft.Extensions.Configuration;

namespace EcoM2F.Serving.Tests.Hosting;

/// <summary>The program's own start, in a process of its own where it fails.</summary>
public sealed class StartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ecom2f-start-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Each watcher would take one of the user's inotify instances, and none may be left.</summary>
    [Theory]
    [InlineData("Production")]
    [InlineData("Development")]
    public void CreateBuilder_SettingsFiles_AreNotWatched(string environment)
    {
        var sources = ((IConfigurationBuilder)ServingApplication.CreateBuilder(["--environment", environment]).Configuration).Sources;
        var files = sources.OfType<FileConfigurationSource>().ToList();

        Assert.NotEmpty(files);
        Assert.All(files, static file => Assert.False(file.ReloadOnChange, file.Path));
    }

    [Theory]
    [InlineData(ExitCodes.BadSettings, "Engine:Thread", "--Engine:Thread=1")]
    [InlineData(ExitCodes.BadSettings, "Engine:Threads", "--Engine:Threads=many")]
    [InlineData(ExitCodes.BadSettings, "Engine:Precision", "--Engine:Precision=int4")]
    [InlineData(ExitCodes.BadSettings, "urls", "--urls=nonsense")]
    [InlineData(ExitCodes.BadSettings, "65535", "--urls=http://127.0.0.1:80800")]
    [InlineData(ExitCodes.BadSettings, "Http:PathBase", "--urls=http://127.0.0.1:0/seg")]
    [InlineData(ExitCodes.Failed, "/nowhere", "--contentRoot=/nowhere/ecom2f")]
    [InlineData(ExitCodes.Failed, "nowhere.pfx", "--Kestrel:Endpoints:Main:Url=https://127.0.0.1:0", "--Kestrel:Endpoints:Main:Certificate:Path=/nowhere.pfx")]
    [InlineData(ExitCodes.BadSettings, "Main", "--Kestrel:Endpoints:Main:Port=1")]
    public async Task Program_CannotStart_IsOneLineAndAnExitCode(int exitCode, string named, params string[] arguments) =>
        await AssertFailsAsync(exitCode, named, arguments);

    [Fact]
    public async Task Program_SettingsFileThatIsNotJson_IsOneLineAndAnExitCode()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "appsettings.json"), "{ \"Engine\": ", Token);

        await AssertFailsAsync(ExitCodes.BadSettings, "appsettings.json", ["--contentRoot", _folder]);
    }

    [Fact]
    public async Task Program_ModelLacksThePrecision_EndsAndSaysWhatItHas()
    {
        TinyModel.CompileTo(Path.Combine(_folder, "tiny"));

        var (exitCode, output, _) = await RunAsync("--Engine:ModelsFolder", _folder, "--Engine:Precision=int8");

        Assert.Equal(ExitCodes.Failed, exitCode);
        Assert.Contains("'tiny' has no int8 graphs; it has fp32", output, StringComparison.Ordinal);
    }

    private static async Task AssertFailsAsync(int exitCode, string named, string[] arguments)
    {
        var (actual, output, error) = await RunAsync(arguments);

        Assert.True(exitCode == actual, $"{actual}: {error}");
        Assert.Contains(named, Assert.Single(error.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    /// <returns>Once the program has ended by itself.</returns>
    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        string[] all = [Path.Combine(AppContext.BaseDirectory, "EcoM2F.Serving.dll"), "--urls", "http://127.0.0.1:0", .. arguments];
        Array.ForEach(all, start.ArgumentList.Add);

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(Token);
        var error = await process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, await output, error);
    }
}
